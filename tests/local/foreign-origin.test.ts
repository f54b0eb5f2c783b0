// The local world listens on a known port of a machine with a browser on it: a page of elsewhere may change nothing here, whatever it posts.

import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const ALLOWED = "https://app.example.com";
let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ environment: { CORS_ALLOWED_ORIGINS: ALLOWED } });
});
afterAll(() => world.end());

/** An event as a person posts it by hand, from a page: a form's content type needs no leave of ours. */
const EVENT = JSON.stringify({
  id: "evt_foreign",
  type: "payment_intent.succeeded",
  data: { object: { id: "pi_foreign", metadata: { user_id: "eve", credits: "1000" } } },
});

/** Node's own client: `fetch` would not say another Host. */
async function post(path: string, headers: Record<string, string>): Promise<number> {
  const { port } = new URL(world.apiUrl);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, method: "POST", headers: { "Content-Type": "text/plain", ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on("error", reject);
    sent.end(EVENT);
  });
}

it.each([
  ["https://evil.example", {}],
  ["null", {}],
  ["http://127.0.0.1:1", {}],
  ["http://localhost:5173", {}],
  [`${ALLOWED}.evil.example`, {}],
  ["http://evil.example:8787", { Host: "evil.example:8787" }], // a name that was made to lead here
])("a page of %s posts nothing: 403, also to the webhook, which takes events unsigned here", async (origin, headers) => {
  world.takeUnsignedEvents();
  const before = await tracesOf(world);
  for (const path of ["/webhooks/stripe", "/pay", "/api/v1/sessions", "/auth/x", "/nothing"]) {
    expect([path, await post(path, { Origin: origin, ...headers })]).toEqual([path, 403]);
  }
  expect(await tracesOf(world)).toEqual(before);
});

it("its own pages, those it was told of, and whoever is no page may post", async () => {
  const { host, port } = new URL(world.apiUrl);
  for (const headers of [
    { Origin: `http://${host}` },
    { Origin: `http://localhost:${port}`, Host: `localhost:${port}` },
    { Origin: ALLOWED },
    {},
  ]) {
    expect(await post("/nothing", headers)).toBe(404);
  }
});
