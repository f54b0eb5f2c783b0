// The refusals of the document that need a state of their own, provoked one by one: each answer is handed on under its operation's name.

import { expect } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { newKey } from "@pantheon/core/accounts/api-key.ts";
import { MOST_LIVE_KEYS } from "@pantheon/core/accounts/api-keys.ts";
import { givenEnforcement, givenSession, runTurn } from "./given.ts";
import { sendFile } from "./given-file.ts";
import { eventOf, postEvent, stripeId } from "./payment-event.ts";
import type { Answer, TestWorld } from "./world.ts";

/** Takes an answer of the operation of this name, and gives it back. */
export type Promised = (name: string, answer: Answer) => Answer;

export const RUN = "POST /api/v1/sessions/{session_id}/turns";
export const STREAM = `${RUN}/stream`;
export const PATCH = "PATCH /api/v1/admin/pricing/{model_alias}";
export const CREATE = "POST /api/v1/admin/pricing/versions";
export const ACTIVATE = "POST /api/v1/admin/pricing/versions/{version}/activate";
export const TOP_UP = "POST /api/v1/users/me/wallet/top-up";
export const RESOLVE = "POST /api/v1/admin/top-ups/{top_up_id}/resolve";
export const DEDUCT = "POST /api/v1/admin/wallets/{user_id}/deduct";
export const CANCEL = "DELETE /api/v1/users/me/wallet/top-ups/{top_up_id}";
const FILES = "/api/v1/sessions/{session_id}/files";
export const FILE = `POST ${FILES}`;
export const CREATE_KEY = "POST /api/v1/users/me/keys";
export const WEBHOOK = "POST /webhooks/stripe";

/** The files of a session of the caller's: one that was read, and one that was announced. Answers their ids. */
export async function provokeFiles(world: TestWorld, session: string, promised: Promised): Promise<{ read: string; announced: string }> {
  const sent = promised(FILE, await sendFile(world, session, "what a file says"));
  const announced = promised(FILE, await world.call("POST", `/api/v1/sessions/${session}/files`, { body: ANNOUNCED }));
  await world.storage.settled();
  const read = await world.call("GET", `/api/v1/sessions/${session}/files/${sent.json.id}/upload`);
  expect(promised(`GET ${FILES}/{file_id}/upload`, read).status).toBe(409);
  return { read: sent.json.id, announced: announced.json.id };
}

/** This path of a file that was announced to a session of its own. */
export async function announcedPath(world: TestWorld, path: string): Promise<string> {
  const session = await givenSession(world);
  const { json } = await world.call("POST", `/api/v1/sessions/${session}/files`, { body: ANNOUNCED });
  return path.replace("{session_id}", session).replace("{file_id}", json.id);
}

export const ANNOUNCED = { filename: "large.pdf", size_bytes: 8_000_000 };

/** What the webhook answers: an event that is nobody's, one without a signature, one that cannot be read, one that is too large. */
export async function provokeWebhook(world: TestWorld, promised: Promised): Promise<void> {
  const malformed = eventOf("payment_intent.succeeded", { id: "pi_1", metadata: { top_up_id: "none" } });
  const large = eventOf("customer.created", { id: "x".repeat(512 * 1024) });
  const statuses = [];
  for (const event of [eventOf("customer.created", { id: "cus_1" }), malformed, large]) {
    statuses.push(promised(WEBHOOK, await postEvent(world, event)).status);
  }
  statuses.push(promised(WEBHOOK, await world.call("POST", "/webhooks/stripe", { user: null, body: malformed })).status);
  expect(statuses).toEqual([200, 422, 413, 400]);
}

/** A top-up of the caller's, whose payment waits for an admin. Answers its id. */
export async function provokeQuarantine(world: TestWorld, promised: Promised): Promise<string> {
  const { json } = promised(TOP_UP, await world.call("POST", "/api/v1/users/me/wallet/top-up", { body: { amount_usd: "1" } }));
  const metadata = { user_id: "ada", top_up_id: json.id };
  const paid = { id: stripeId("pi"), status: "succeeded", currency: "usd", amount_received: 99, metadata };
  expect(promised(WEBHOOK, await postEvent(world, eventOf("payment_intent.succeeded", paid))).json.status).toBe("quarantined");
  const [aside] = promised("GET /api/v1/admin/top-ups", await world.call("GET", "/api/v1/admin/top-ups?status=quarantined")).json.top_ups;
  return aside.id;
}

/** A payment provider that refuses, and a user who has started enough. */
export async function provokeTopUpRefusals(world: TestWorld, promised: Promised): Promise<void> {
  const start = () => world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "fay", body: { amount_usd: 10 } });
  world.stripe.failNext({ status: 402, to: "POST /v1/payment_intents" });
  expect(promised(TOP_UP, await start()).status).toBe(502);
  const statuses: number[] = [];
  while (!statuses.includes(429) && statuses.length < 12) statuses.push(promised(TOP_UP, await start()).status);
  expect(statuses).toContain(429);
}

/** A top-up that is not in quarantine any more: one was dismissed before. The caller is an admin. */
export async function provokeResolved(world: TestWorld, promised: Promised): Promise<void> {
  const { json } = await world.call("GET", "/api/v1/admin/top-ups?status=dismissed");
  const again = { body: { action: "dismiss", note: "again" } };
  expect(promised(RESOLVE, await world.call("POST", `/api/v1/admin/top-ups/${json.top_ups[0].id}/resolve`, again)).status).toBe(409);
}

/** A top-up that cannot be canceled any more: it was set aside, and dismissed. */
export async function provokeUncancelable(world: TestWorld, promised: Promised): Promise<void> {
  const { json } = await world.call("GET", "/api/v1/admin/top-ups?status=dismissed");
  const path = `/api/v1/users/me/wallet/top-ups/${json.top_ups[0].id}`;
  expect(promised(CANCEL, await world.call("DELETE", path)).status).toBe(409);
}

/** Somebody who has as many sessions as a stage lets one have. */
export async function provokeTooManySessions(world: TestWorld, promised: Promised): Promise<void> {
  const user = "mia";
  expect((await world.call("POST", "/api/v1/sessions", { user, body: {} })).status).toBe(201);
  const count = (sessions: number) =>
    world.owner.query.updateTable("session_usage").set({ sessions }).where("user_id", "=", user).execute();
  await count(world.deps.config.sessions.most);
  expect(promised("POST /api/v1/sessions", await world.call("POST", "/api/v1/sessions", { user, body: {} })).status).toBe(409);
  await count(1);
}

/** One key more than a person may have. */
export async function provokeTooManyKeys(world: TestWorld, promised: Promised): Promise<void> {
  const rows = Array.from({ length: MOST_LIVE_KEYS }, () => newKey()).map(({ prefix, hash }) => ({
    user_id: "eve",
    name: "n",
    prefix,
    hash,
  }));
  await world.owner.query
    .insertInto("users")
    .values({ id: "eve" })
    .onConflict((known) => known.doNothing())
    .execute();
  await world.owner.query.insertInto("api_keys").values(rows).execute();
  const one = { user: "eve", body: { name: "one more" } };
  expect(promised(CREATE_KEY, await world.call("POST", "/api/v1/users/me/keys", one)).status).toBe(409);
}

/** More credits than there are. The caller is an admin. */
export async function provokeUncovered(world: TestWorld, promised: Promised): Promise<void> {
  const body = { amount: 10_000, note: "all of it" };
  expect(promised(DEDUCT, await world.call("POST", "/api/v1/admin/wallets/ada/deduct", { body })).status).toBe(409);
}

/** A revision that is out of date, a name that is taken, and a date that has not come. `version` was made before. */
export async function provokePriceRefusals(world: TestWorld, version: object, promised: Promised): Promise<void> {
  const stale = { headers: { "If-Match": '"0"' }, body: { multiplier: "1", pricing_version: "2026-02-20" } };
  expect(promised(PATCH, await world.call("PATCH", "/api/v1/admin/pricing/default", stale)).status).toBe(412);
  const versions = "/api/v1/admin/pricing/versions";
  expect(promised(CREATE, await world.call("POST", versions, { body: version })).status).toBe(409);
  const { headers } = stale;
  expect(promised(ACTIVATE, await world.call("POST", `${versions}/2026-02-20/activate`, { headers })).status).toBe(412);
  promised(CREATE, await world.call("POST", versions, { body: { version: "far", label: "Far", effective_date: "9999-12-31" } }));
  expect(promised(ACTIVATE, await world.call("POST", `${versions}/far/activate`)).status).toBe(409);
}

/** 402, 403, 409, 429 and 502, each of a user of its own. */
export async function provokeTurnRefusals(world: TestWorld, promised: Promised): Promise<void> {
  const failed = await runTurn(world, await givenSession(world, "bea"), { user: "bea", alias: "fake-500" });
  expect(promised(RUN, failed).status).toBe(502);

  const busy = await givenSession(world, "cid");
  const slow = runTurn(world, busy, { user: "cid", alias: "fake-slow-1500" });
  await expect.poll(() => world.provider.callsTo("fake-slow-1500"), { timeout: 10_000 }).toBe(1);
  expect(promised(RUN, await runTurn(world, busy, { user: "cid" })).status).toBe(409);
  expect(promised(STREAM, await streamed(world, busy, "cid")).status).toBe(409);
  expect((await slow).status).toBe(201);

  const suspended = await givenSession(world, "dan");
  await world.owner.query.updateTable("users").set({ suspended_at: new Date() }).where("id", "=", "dan").execute();
  expect(promised(RUN, await runTurn(world, suspended, { user: "dan" })).status).toBe(403);
  expect(promised(STREAM, await streamed(world, suspended, "dan")).status).toBe(403);
  const refusedFile = await world.call("POST", `/api/v1/sessions/${suspended}/files`, { user: "dan", body: ANNOUNCED });
  expect(promised(FILE, refusedFile).status).toBe(403);
  const topUp = { user: "dan", body: { amount_usd: "5" } };
  expect(promised(TOP_UP, await world.call("POST", "/api/v1/users/me/wallet/top-up", topUp)).status).toBe(403);

  const often = await givenSession(world, "ivy");
  await world.call("PUT", "/api/v1/users/me/limits", { user: "ivy", body: { calls_per_hour: 1 } });
  expect((await runTurn(world, often, { user: "ivy" })).status).toBe(201);
  expect(promised(RUN, await runTurn(world, often, { user: "ivy" })).status).toBe(429);
  expect(promised(STREAM, await streamed(world, often, "ivy")).status).toBe(429);

  const poor = await givenSession(world, "eve");
  await givenEnforcement(world, true);
  expect(promised(RUN, await runTurn(world, poor, { user: "eve" })).status).toBe(402);
  expect(promised(STREAM, await streamed(world, poor, "eve")).status).toBe(402);
  await givenEnforcement(world, null);
}

function streamed(world: TestWorld, session: string, user: string): Promise<Answer> {
  return world.call("POST", `/api/v1/sessions/${session}/turns/stream`, { user, body: { message: "What is a wallet?" } });
}

/** A grant that an admin has proposed. */
export async function givenProposal({ deps }: TestWorld, by = "another"): Promise<string> {
  const id = newId();
  await deps.db.query.insertInto("grant_proposals").values({ id, user_id: "gus", amount: "1", proposed_by: by }).execute();
  return id;
}

/** What waits for a second admin; 409 for its own admin, and once it is resolved. */
export async function provokeProposed(world: TestWorld, own: string, promised: Promised): Promise<void> {
  for (const path of ["wallets/{user_id}/grant", "users/{user_id}/wallet/grant"]) {
    const granted = await world.call("POST", `/api/v1/admin/${path.replace("{user_id}", "gus")}`, { body: { amount: 10_000 } });
    expect(promised(`POST /api/v1/admin/${path}`, granted).status).toBe(202);
  }
  for (const [verb, status] of [
    ["confirm", 409],
    ["dismiss", 200],
    ["dismiss", 409],
  ] as const) {
    const resolved = await world.call("POST", `/api/v1/admin/grants/${own}/${verb}`);
    expect(promised(`POST /api/v1/admin/grants/{proposal_id}/${verb}`, resolved).status).toBe(status);
  }
}
