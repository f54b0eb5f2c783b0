// A model provider that always says one thing and reports one usage block: for figures that the stand-in never reports by itself.

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";

/** Serves `text` as a streamed chat completion with this usage block, to whatever is asked. */
export function givenAnswer(text: string, usage: Readonly<Record<string, unknown>>): Promise<{ url: string; close(): Promise<void> }> {
  return serving((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ choices: [{ index: 0, delta: { role: "assistant", content: text }, finish_reason: null }] }));
    response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
    response.end(`${chunk({ choices: [], usage })}data: [DONE]\n\n`);
  });
}

/** A provider of one's own: whatever the listener does, at an address that ends in /v1. It may send headers beyond Node's usual limit. */
export async function serving(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer({ maxHeaderSize: 128 * 1_024 }, listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/v1`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function chunk(more: object): string {
  return `data: ${JSON.stringify({ id: "gen-1", object: "chat.completion.chunk", created: 1, model: "fixed", ...more })}\n\n`;
}
