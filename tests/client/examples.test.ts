// The client has a method for every operation of the document, and every example in the document was really answered: this file asks and
// records. After a change of what is said: `npx vitest run tests/client/examples.test.ts -u`, then `npm run openapi`.

import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PantheonError } from "@pantheon/client/error.ts";
import type { Client } from "@pantheon/client/client.ts";
import { operationsOf, type Operation } from "../support/openapi-document.ts";
import { clientOf } from "../support/client.ts";
import { givenQuarantined } from "../support/given-quarantined.ts";
import { PROJECT, readProjectFile } from "../support/project-files.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { stabiliser } from "./stable.ts";

let world: TestWorld;
let operations: Operation[];
const recorded = { operations: {} as Record<string, { request?: unknown; response?: unknown }>, refusals: {} as Record<string, unknown> };
const stable = stabiliser();

beforeAll(async () => {
  world = await testWorld({
    environment: { ADMIN_USER_IDS: "grace,alan", ADMIN_GRANT_SUM_PER_DAY: "1000", TOP_UP_URL: "https://app.example.com/top-up" },
  });
  operations = operationsOf(await readProjectFile("docs/openapi.json"));
});

afterAll(() => world.end());

it("records a first session, an admin's day and what is refused", async () => {
  const ada = clientOf(world, "ada", { fetch: recording });
  const grace = clientOf(world, "grace", { fetch: recording });
  await asAdmin(grace, () => asUser(ada));
  await asTwo(grace, clientOf(world, "alan", { fetch: recording }));
  await refused(ada, grace);
  const asked = Object.keys(recorded.operations);
  const stripes = "receiveStripeEvent"; // called by Stripe alone
  expect(asked.toSorted()).toEqual(
    operations
      .map(({ operationId }) => operationId)
      .filter((id) => id !== stripes)
      .toSorted(),
  );
  const sorted = Object.fromEntries(Object.entries(recorded.operations).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ operations: sorted, refusals: recorded.refusals }, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(join(PROJECT, "docs/openapi-examples.json"));
});

/** Sends a request and keeps the first success of its operation, and the first refusal of a status, both made stable. */
async function recording(address: string, request: RequestInit): Promise<Response> {
  const response = await fetch(address, request);
  const operation = operations.find(({ method, path }) => method === request.method && isAt(path, new URL(address).pathname));
  expect(operation, `${request.method} ${address} is in the document`).toBeDefined();
  const text = await response.clone().text();
  if (response.status >= 400) recorded.refusals[response.status] ??= stable(JSON.parse(text));
  else if (operation) {
    recorded.operations[operation.operationId] ??= {
      ...(typeof request.body === "string" && { request: stable(JSON.parse(request.body)) }),
      ...(response.headers.get("content-type") === "application/json" && { response: stable(JSON.parse(text)) }),
    };
  }
  return response;
}

/** The template without a parameter is preferred by their order: `/pricing/versions` stands before `/pricing/{model_alias}`. */
function isAt(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
}

async function asUser(ada: Client): Promise<void> {
  await ada.account.me();
  const session = await ada.sessions.create({ title: "First steps", model_alias: "claude-sonnet" });
  await ada.turns.run(session.id, { message: "What does a turn cost?", max_output_tokens: 256 });
  const told = [];
  for await (const event of ada.turns.stream(session.id, { message: "And as it comes?" })) told.push(event.type);
  expect([told[0], told.at(-1)]).toEqual(["turn_started", "done"]);
  await ada.models.list();
  await ada.sessions.patch(session.id, { title: "What a turn costs" });
  await ada.sessions.list({ limit: 10 });
  await ada.sessions.read(session.id);
  await ada.sessions.context(session.id);
  await ada.turns.of(session.id).list();
  await ada.messages.of(session.id).list();
  const table = await ada.files.announce(session.id, { filename: "prices.xlsx", size_bytes: 7_340_032 });
  await ada.files.upload(session.id, table.id);
  const notes = await ada.files.send(session.id, new Blob(["name, age\nAda, 36\n"]), "people.csv");
  await world.storage.settled();
  expect((await ada.files.read(session.id, notes.id)).text_preview).toBe("name | age\nAda | 36");
  await ada.files.of(session.id).list();
  await ada.files.delete(session.id, table.id);
  await ada.wallet.read();
  const { events } = await ada.account.usage.list();
  await ada.account.turn(events[0]?.turn_id ?? "");
  await ada.account.data.list({ limit: 3 });
  await ada.account.summary({ group_by: "day,model" });
  await ada.account.usageCsv();
  await ada.account.transactionsCsv();
  const { transactions } = await ada.account.transactions.list({ limit: 1 });
  await ada.account.receipt(transactions[0]?.id ?? "");
  await ada.account.setLimits({ credits_per_day: "50", running: 3 });
  await ada.account.limits();
  const key = await ada.keys.create({
    name: "My agent",
    models: ["default"],
    limits: { calls_per_minute: 30 },
    expires_at: "2099-01-01T00:00:00Z",
  });
  await ada.keys.patch(key.id, { name: "Our agent", models: null });
  await ada.keys.rotate(key.id, { overlap_seconds: 600 });
  await ada.keys.list();
  await ada.keys.revoke(key.id);
  const held = await ada.holds.open({ model_alias: "default", input_tokens: 1_200, max_output_tokens: 800, metadata: { job: "42" } });
  await ada.holds.extend(held.id, 900);
  await ada.holds.settle(held.id, { usage: { input_tokens_fresh: 1_000, input_tokens_cached: 200, output_tokens: 350 } });
  await ada.holds.void((await ada.holds.open({ model_alias: "default", credits: "0.25" })).id);
  const topUp = await ada.topUps.start({ amount_usd: "10.00" });
  await ada.topUps.read(topUp.id);
  await ada.topUps.list();
  await ada.topUps.cancel(topUp.id);
  await ada.sessions.delete(session.id);
  const erin = clientOf(world, "erin", { fetch: recording });
  await erin.sessions.create({ title: "Between us" });
  await erin.account.eraseData();
  for (const name of [undefined, "turns", "files", "holds", "users", "admin", "completions", "stripe-webhook"] as const)
    await ada.health.read(name);
}

/** What an admin does before and after a user's first session. */
async function asAdmin({ admin }: Client, session: () => Promise<void>): Promise<void> {
  await admin.wallets.grant("ada", { amount: "100", note: "Welcome", create: true });
  await session();
  await admin.users.grant("ada", { amount: 0.5 });
  await admin.wallets.deduct("ada", { amount: "0.5", note: "Granted twice" });
  await admin.wallets.read("ada");
  const { revision } = await admin.prices.list();
  await admin.prices.patch("claude-sonnet", { multiplier: "1.75", pricing_version: "2026-02-20" }, { ifMatch: revision });
  await admin.versions.create({ version: "2026-01", label: "January", effective_date: "2026-01-01" });
  await admin.versions.list();
  const seen = await admin.versions.read("2026-01");
  await admin.versions.activate("2026-01", { ifMatch: seen.revision });
  await admin.settings.read();
  await admin.enforcement.override(true);
  await admin.enforcement.reset();
  await admin.users.suspend("ada", { reason: "A card that was not theirs" });
  await admin.users.list({ state: "suspended" });
  await admin.users.read("ada");
  await admin.users.reactivate("ada");
  await admin.of("ada").transactions.list({ limit: 2 });
  await admin.of("ada").topUps.list({ limit: 1 });
  const { turns } = await admin.of("ada").turns.list({ limit: 1 });
  await admin.turn(turns[0]?.id ?? "");
  await admin.users.setLimits("ada", { credits_per_month: "500" });
  await admin.users.limits("ada");
  const { keys } = await admin.keys.list({ user_id: "ada" });
  expect(keys).toHaveLength(1);
  const leaked = await clientOf(world, "ada").keys.create({ name: "Found in a log" });
  await admin.keys.revoke(leaked.id);
  const shop = await clientOf(world, "shop").keys.create({ name: "The shop" });
  await admin.keys.patch(shop.id, { acts_for_others: true, books_usage: true });
  const service = clientOf(world, null, { fetch: recording, token: () => Promise.resolve(shop.key ?? "") });
  await service.holds.book({ model_alias: "default", on_behalf_of: "ada", credits: "0.125", provider_cost_usd: "0.002" });
  await admin.actions.list({ limit: 3 });
  await admin.reads.list({ limit: 1 });
  await admin.topUps.list({ status: "pending" });
  const aside = await givenQuarantined(world, { user: "ada" });
  await admin.topUps.resolve(aside.id, { action: "grant", note: "A dollar short; agreed on the phone" });
  await admin.reversals.list({ kind: "refund" });
  await admin.reports.summary({ bucket: "day" });
  await admin.reports.usageByUser();
  await admin.reports.wouldRefuse.list();
  await admin.reports.activeUsers({ window: "week" });
  await admin.reports.margin({ bucket: "day" });
  await admin.reports.cash();
  await admin.reports.reconciliation();
  expect(await admin.reports.exportCsv()).toContain("credits_charged");
}

/** Grants that one admin may not make alone. */
async function asTwo({ admin }: Client, second: Client): Promise<void> {
  const proposed = async () => {
    const granted = await admin.wallets.grant("ada", { amount: "2500", note: "A lost month" });
    return "proposal_id" in granted ? granted.proposal_id : "";
  };
  await admin.grants.dismiss(await proposed());
  const proposal = await proposed();
  await admin.grants.list({ limit: 2 });
  await second.admin.grants.confirm(proposal);
}

async function refused(ada: Client, grace: Client): Promise<void> {
  const bob = clientOf(world, "bob", { fetch: recording });
  const session = await bob.sessions.create();
  await grace.admin.enforcement.override(true);
  const price = { multiplier: "1", pricing_version: "2026-01" };
  expect([
    await codeOf(bob.turns.run(session.id, { message: "May I?" })),
    await codeOf(ada.admin.settings.read()),
    await codeOf(clientOf(world, null, { fetch: recording }).wallet.read()),
    await codeOf(bob.turns.run(session.id, { message: " " })),
    await codeOf(grace.admin.prices.patch("default", price, { ifMatch: "0" })),
  ]).toEqual(["insufficient_credits", "forbidden", "unauthenticated", "invalid_request", "precondition_failed"]);
}

function codeOf(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => "no refusal",
    (error: unknown) => (error instanceof PantheonError ? error.code : "no problem"),
  );
}
