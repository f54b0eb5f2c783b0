// One address for Stripe's events in front of all workers: each event goes to whichever living worker is next, as a gateway would send it.

import { createServer } from "node:http";
import { readBody } from "@pantheon/stand-ins/read-body.ts";
import { call } from "./call.ts";
import type { Crew } from "./crew.ts";
import { closed, listen } from "./place.ts";

export type Door = { readonly url: string; close(): Promise<void> };

const MAX_BODY_OCTETS = 1024 * 1024;

export async function openDoor(crew: Crew): Promise<Door> {
  const server = createServer((request, response) => {
    void (async () => {
      const raw = await readBody(request, MAX_BODY_OCTETS);
      const { worker } = await crew.pick();
      const signature = request.headers["stripe-signature"];
      const answer = await call(worker.url, {
        method: "POST",
        path: request.url ?? "/",
        ...(raw !== null && { raw }),
        headers: { "Stripe-Signature": String(signature) },
      });
      if (answer.status === null) response.destroy(); // the worker died, or was cut off: Stripe sees no answer either
      else response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.text);
    })();
  });
  return { url: await listen(server), close: () => closed(server) };
}
