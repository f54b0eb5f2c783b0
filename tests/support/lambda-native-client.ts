// Loaded before Lambda's runtime client: stands in for its native part, which is compiled when it is installed with its scripts on. The
// three calls go over HTTP to the same Runtime API; everything else is the client as AWS ships it.

import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { registerHooks } from "node:module";

const NATIVE = "rapid-client.node";
const CLIENT_URL = "pantheon:native-client";

registerHooks({
  resolve: (specifier, context, others) =>
    specifier.endsWith(NATIVE) ? { url: CLIENT_URL, format: "commonjs", shortCircuit: true } : others(specifier, context),
  load: (url, context, others) =>
    url === CLIENT_URL
      ? { format: "commonjs", source: "module.exports = globalThis.lambdaNativeClient;", shortCircuit: true }
      : others(url, context),
});

const realNow = Date.now.bind(Date);
let laterMs = 0;
Date.now = () => realNow() + laterMs;

const [hostname, port] = (process.env["AWS_LAMBDA_RUNTIME_API"] ?? "").split(":");
const agent = new Agent({ keepAlive: true });
/** The native client returns from an answer when it is delivered; here the next event is not asked for before that. */
let delivered: Promise<unknown> = Promise.resolve();

/** The next event. A container that thaws reads the clock of a later time: how much later travels with the event. */
async function next(): Promise<{ bodyJson: string; headers: IncomingHttpHeaders }> {
  await delivered;
  const { headers, body } = await send("GET", "next");
  laterMs = Number(headers["test-later-ms"] ?? 0);
  return { bodyJson: body, headers };
}

function send(method: string, path: string, payload?: string): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { hostname, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on("error", reject);
    });
    asked.on("error", reject).end(payload);
  });
}

Object.assign(globalThis, {
  lambdaNativeClient: {
    next,
    done: (id: string, body: string) => void (delivered = send("POST", `${id}/response`, body)),
    error: (id: string, body: string) => void (delivered = send("POST", `${id}/error`, body)),
  },
});
