// A stand-in for AWS Secrets Manager on 127.0.0.1: one secret, whose text can be changed, taken away, or be out of reach.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import * as v from "valibot";

export type StandInSecrets = {
  readonly url: string;
  /** From now on the secret is this text, or as JSON this object; null: there is none. */
  set(secret: string | object | null): void;
  /** How it behaves from now on: it answers, fails, is silent, or breaks every connection. */
  behave(how: "well" | "fails" | "silent" | "breaks"): void;
  /** How often the secret was asked for. */
  asked(): number;
  close(): Promise<void>;
};

/** Serves the secret of this name. */
export async function startSecrets(name: string): Promise<StandInSecrets> {
  const state: State = { name, secret: null, how: "well", asked: 0 };
  const server = createServer((request, response) => void answer(state, request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    set: (secret) => void (state.secret = typeof secret === "string" || secret === null ? secret : JSON.stringify(secret)),
    behave: (how) => void (state.how = how),
    asked: () => state.asked,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const Asked = v.object({ SecretId: v.string() });
const TARGET = "secretsmanager.GetSecretValue";

type State = { readonly name: string; secret: string | null; how: "well" | "fails" | "silent" | "breaks"; asked: number };

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { SecretId } = v.parse(Asked, await json(request));
  state.asked += 1;
  if (state.how === "breaks") request.socket.destroy();
  if (state.how === "breaks" || state.how === "silent") return;
  const isFound = state.secret !== null && SecretId === state.name && request.headers["x-amz-target"] === TARGET;
  const failure = state.how === "fails" ? "InternalServiceError" : isFound ? null : "ResourceNotFoundException";
  const status = { InternalServiceError: 500, ResourceNotFoundException: 400 };
  const found = { ARN: `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${SecretId}`, Name: SecretId, SecretString: state.secret };
  response.writeHead(failure === null ? 200 : status[failure], { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify(failure === null ? found : { __type: failure, message: "canary" }));
}
