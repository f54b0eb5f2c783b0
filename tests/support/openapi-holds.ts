// Holds and bookings for the test of the OpenAPI document: one that runs, and everything that is refused of them.

import { sql } from "kysely";
import { expect } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { givenEnforcement } from "./given.ts";
import { givenKey, type GivenKey } from "./given-key.ts";
import type { Promised } from "./openapi-refusals.ts";
import type { Answer, CallOptions, TestWorld } from "./world.ts";

export const HOLD = "POST /api/v1/holds";
export const BOOK = "POST /api/v1/usage";
export const HELD = { model_alias: "default", credits: "0.2" };

/** A hold of the caller's that runs. */
export async function givenHold(world: TestWorld, user = "ada"): Promise<string> {
  const { status, json } = await world.call("POST", "/api/v1/holds", { user, body: HELD });
  if (status !== 201) throw new Error("no hold");
  return json.id;
}

/** All that is refused of holds, and a booking that is made. The caller is an admin. */
export async function provokeHolds(world: TestWorld, promised: Promised): Promise<void> {
  const service = await givenKey(world, "hal");
  await world.call("PATCH", `/api/v1/admin/keys/${service.id}`, { body: { acts_for_others: true, books_usage: true } });
  await provokeCreating(world, promised, service, HOLD, "/api/v1/holds");
  await provokeCreating(world, promised, service, BOOK, "/api/v1/usage");
  const id = await givenHold(world);
  const at = `/api/v1/holds/${id}`;
  await world.call("POST", `${at}/settle`, { body: { credits: "0.1" } });
  const other = await world.call("POST", `${at}/settle`, { body: { credits: "0.2" } });
  expect(promised("POST /api/v1/holds/{hold_id}/settle", other).status).toBe(409);
  const extended = await world.call("POST", `${at}/extend`, { body: { lease_seconds: 60 } });
  expect(promised("POST /api/v1/holds/{hold_id}/extend", extended).status).toBe(409);
  expect(promised("DELETE /api/v1/holds/{hold_id}", await world.call("DELETE", at)).status).toBe(409);
}

/** What opens a hold or books usage, and whatever is refused of that. */
async function provokeCreating(world: TestWorld, promised: Promised, service: GivenKey, name: string, path: string): Promise<void> {
  const { headers } = service;
  const asked = (given: object, more: CallOptions = {}) =>
    world.call("POST", path, { user: null, headers, key: newId(), body: { ...HELD, ...given }, ...more });
  const raw = (text: string, more: CallOptions = {}) => world.call("POST", path, { user: null, headers, raw: text, ...more });
  const told = async (status: number, answer: Promise<Answer>) => expect(promised(name, await answer).status).toBe(status);
  await told(201, asked({}));
  await givenEnforcement(world, true);
  await told(402, asked({ credits: "99999" }));
  await givenEnforcement(world, null);
  await told(403, asked({ on_behalf_of: "hal" }, { user: "ada", headers: {} }));
  await told(404, asked({ on_behalf_of: "nobody-was-here" }));
  await told(422, asked({ credits: "-1" }));
  await told(401, asked({}, { headers: {} }));
  await told(400, raw("{"));
  await told(413, raw(" ".repeat(256 * 1024 + 1)));
  await told(415, raw("{}", { headers: { ...headers, "Content-Type": "text/plain" } }));
  const gone = newId();
  const { json } = await asked({}, { key: gone });
  await world.call("DELETE", `/api/v1/holds/${json.id}`, { user: "hal" });
  await sql`update turns set request_hash = 'erased', erased_at = now() where id = ${json.id}`.execute(world.owner.query);
  await told(409, asked({}, { key: gone }));
  await world.call("PUT", "/api/v1/users/me/limits", { user: "hal", body: { calls_per_hour: 1 } });
  await told(429, asked({}));
  await world.call("PUT", "/api/v1/users/me/limits", { user: "hal", body: {} });
}
