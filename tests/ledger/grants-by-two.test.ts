// What one admin may grant alone on a day, exactly, whoever races; what is above it waits for a second admin, and is booked once.

import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { confirmGrant, dismissGrant } from "@pantheon/core/ledger/statements/propose-grant.ts";
import { givenAdminContainer } from "../support/admin-container.ts";
import { ROOT, SECOND, actionsOf, adminWorld, atOnce, givenOpenConnections, operate, refusalOf, statuses } from "../support/admin.ts";
import { givenQuarantined, resolve } from "../support/given-quarantined.ts";
import { measuredBy } from "../support/metrics.ts";
import type { Answer, CallOptions, TestWorld } from "../support/world.ts";

const MOST = 100;

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld({ ADMIN_USER_IDS: `${ROOT},${SECOND},third`, ADMIN_GRANT_SUM_PER_DAY: String(MOST) });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

let days = 0;
/** A day on which nobody has granted anything yet: what was granted moves into the past. */
async function freshDay(): Promise<void> {
  days += 1;
  await sql`update admin_grant_days set day = day - ${sql.lit(days * 10)}::int`.execute(world.owner.query);
}

const grant = (user: string, amount: unknown, more: CallOptions & { at?: string } = {}): Promise<Answer> =>
  operate(world, `POST ${more.at ?? `wallets/${user}/grant`}`, { body: { amount, create: true, note: "sorry" }, ...more });
const confirm = (id: string, options: CallOptions = {}) => operate(world, `POST grants/${id}/confirm`, { user: SECOND, ...options });
const dismiss = (id: string, options: CallOptions = {}) => operate(world, `POST grants/${id}/dismiss`, { user: SECOND, ...options });
const ledgerOf = (user: string) =>
  world.deps.db.query.selectFrom("credit_transactions").selectAll().where("user_id", "=", user).orderBy("seq").execute();
const balanceOf = async (user: string) => (await operate(world, `GET wallets/${user}`)).json.balance;

async function givenProposal(user: string, amount = "500"): Promise<string> {
  const { status, json } = await grant(user, amount);
  expect([status, json.status]).toEqual([202, "proposed"]);
  return json.proposal_id;
}

describe("the sum that one admin may grant alone on a day", () => {
  it("is granted to the last decimal, over all wallets; what is above it is proposed and not booked", async () => {
    await freshDay();
    expect((await grant("sum-a", "60")).status).toBe(200);
    expect((await grant("sum-b", "39.99999999", { at: "users/sum-b/wallet/grant" })).status).toBe(200);
    const above = await grant("sum-b", "0.00000002");
    expect([above.status, above.json]).toEqual([
      202,
      { status: "proposed", proposal_id: expect.any(String), user_id: "sum-b", amount: "0.00000002" },
    ]);
    expect((await grant("sum-a", "0.00000001")).status).toBe(200); // a refused one is not counted
    expect((await grant("sum-a", "0.00000001")).status).toBe(202);
    expect([await balanceOf("sum-a"), await balanceOf("sum-b")]).toEqual(["60.00000001", "39.99999999"]);
    expect((await grant("sum-a", "100", { user: SECOND })).status).toBe(200); // another admin's own
  });

  it("is never passed by requests that race, on one wallet or on many", async () => {
    await freshDay();
    await givenOpenConnections(world);
    const answers = await atOnce(40, (index) => grant(`race-${index % 8}`, "7"));
    expect(statuses(answers)).toEqual({ 200: 14, 202: 26 });
    const sums = await sql<{ sum: string }>`
      select sum(amount) from credit_transactions where user_id like 'race-%' and source = 'admin'`.execute(world.deps.db.query);
    expect(sums.rows[0]?.sum).toBe("98.00000000");
  });

  it("counts a repeat under a key once, and a repeat of what was proposed is the same proposal", async () => {
    await freshDay();
    const first = await atOnce(6, () => grant("keyed", "90", { key: "ninety" }));
    expect(statuses(first)).toEqual({ 200: 6 });
    const proposed = await atOnce(6, () => grant("keyed", "90", { key: "ninety-more" }));
    expect(statuses(proposed)).toEqual({ 202: 6 });
    expect(new Set(proposed.map(({ json }) => json.proposal_id)).size).toBe(1);
    expect(proposed.filter(({ headers }) => headers.get("Idempotency-Replayed") === "true")).toHaveLength(5);
    expect(await balanceOf("keyed")).toBe("90");
    expect(refusalOf(await grant("keyed", "91", { key: "ninety-more" }))).toBe("422 idempotency_key_reused");
  });

  it("makes no wallet for a mistyped id, above it as below it", async () => {
    await freshDay();
    const to = (amount: unknown) => operate(world, "POST wallets/mistyped/grant", { body: { amount } });
    expect([refusalOf(await to("1")), refusalOf(await to("5000"))]).toEqual(["404 not_found", "404 not_found"]);
    expect(refusalOf(await operate(world, "GET wallets/mistyped"))).toBe("404 not_found");
  });

  it("is not given back by taking credits away again", async () => {
    await freshDay();
    expect((await grant("back", "100")).status).toBe(200);
    await operate(world, "POST wallets/back/deduct", { body: { amount: "100", note: "again" } });
    expect((await grant("back", "1")).status).toBe(202);
  });

  it("binds the credits that an admin names for a payment in quarantine, and not what the payment bought", async () => {
    await freshDay();
    const aside = await givenQuarantined(world, { user: "payer" });
    const own = await resolve(world, aside.id, { action: "grant", credits: "5000" });
    expect(refusalOf(own)).toBe("409 second_admin_required");
    expect((await resolve(world, aside.id, { action: "grant", credits: "99" })).status).toBe(200); // nine dollars bought 300
    expect((await grant("back", "100")).status).toBe(200);
    const paid = await givenQuarantined(world, { user: "payer" });
    expect((await resolve(world, paid.id, { action: "grant" })).status).toBe(200);
    const more = await givenQuarantined(world, { user: "payer" });
    expect(refusalOf(await resolve(world, more.id, { action: "grant", credits: "301" }))).toBe("409 second_admin_required");
  });
});

describe("a proposed grant", () => {
  it("is booked by a second admin, once, with both of them in the audit", async () => {
    await freshDay();
    const id = await givenProposal("two");
    expect(refusalOf(await confirm(id, { user: ROOT }))).toBe("409 second_admin_required");
    expect(await balanceOf("two")).toBe("0");
    const { status, json } = await confirm(id);
    expect([status, json]).toEqual([200, { user_id: "two", new_balance: "500", transaction_id: id }]);
    expect(await ledgerOf("two")).toMatchObject([{ id, reference_id: `admin:${id}`, initiated_by: SECOND, note: "sorry" }]);
    const audit = (await actionsOf(world, "wallet.propose_grant", "wallet.grant")).filter(({ target }) => target === "two");
    expect(audit).toMatchObject([
      { admin_id: ROOT, action: "wallet.propose_grant", before: null, after: { proposal_id: id, amount: "500", note: "sorry" } },
      { admin_id: SECOND, action: "wallet.grant", after: { transaction_id: id, amount: "500", balance: "500", proposed_by: ROOT } },
    ]);
    expect(refusalOf(await confirm(id, { user: "third" }))).toBe("409 conflict");
    expect(refusalOf(await dismiss(id))).toBe("409 conflict");
    expect((await grant("two", "100", { user: "third" })).status).toBe(200);
  });

  it("does not count as granted alone by whoever confirms it", async () => {
    await freshDay();
    expect((await confirm(await givenProposal("counts"))).status).toBe(200);
    expect((await grant("counts", "100", { user: SECOND })).status).toBe(200);
  });

  it("is confirmed once by many at once, and under a key each of them is told", async () => {
    await freshDay();
    const id = await givenProposal("many");
    await givenOpenConnections(world);
    const answers = await atOnce(12, (index) => confirm(id, { user: index % 2 === 0 ? SECOND : "third" }));
    expect(statuses(answers)).toEqual({ 200: 1, 409: 11 });
    const keyed = await givenProposal("many");
    const told = await atOnce(8, () => confirm(keyed, { key: "yes" }));
    expect(statuses(told)).toEqual({ 200: 8 });
    expect(await balanceOf("many")).toBe("1000");
  });

  it("that was dismissed since it was looked at is not booked", async () => {
    await freshDay();
    const proposal = await givenProposal("meanwhile");
    const kept = { actor: SECOND, requestId: "r", key: null, requestHash: null, status: 200, body: "{}" };
    await world.deps.db.run(dismissGrant, { ...kept, proposal });
    expect(await world.deps.db.run(confirmGrant, { ...kept, proposal, wallet: "meanwhile" })).toEqual([]);
    expect(await balanceOf("meanwhile")).toBe("0");
  });

  it("is confirmed or dismissed, never both", async () => {
    await freshDay();
    await givenOpenConnections(world);
    for (const [index, id] of [await givenProposal("either"), await givenProposal("either"), await givenProposal("either")].entries()) {
      const [yes, no] = await Promise.all(index % 2 === 0 ? [confirm(id), dismiss(id, { user: "third" })] : [dismiss(id), confirm(id)]);
      expect(statuses([yes, no])).toEqual({ 200: 1, 409: 1 });
    }
  });

  it("may be dismissed by its own admin, and is listed with what became of it", async () => {
    await freshDay();
    const [open, gone] = [await givenProposal("listed", "101"), await givenProposal("listed", "102")];
    const { status, json } = await dismiss(gone, { user: ROOT });
    expect([status, json]).toEqual([200, { id: gone, user_id: "listed", proposed_by: ROOT, status: "dismissed" }]);
    const list = (await operate(world, "GET grants?user_id=listed")).json;
    expect(list.grants).toMatchObject([
      { id: gone, amount: "102", status: "dismissed", resolved_by: ROOT, resolved_at: expect.any(String) },
      { id: open, amount: "101", status: "proposed", proposed_by: ROOT, resolved_by: null, resolved_at: null, note: "sorry" },
    ]);
    expect((await operate(world, "GET grants?user_id=listed&status=proposed")).json.total).toBe(1);
    expect(refusalOf(await confirm(gone))).toBe("409 conflict");
  });

  it("that never was is 404, and a user learns of none", async () => {
    expect(refusalOf(await confirm("01900000-0000-7000-8000-000000000000"))).toBe("404 not_found");
    for (const target of ["GET grants", "POST grants/01900000-0000-7000-8000-000000000000/confirm"])
      expect(refusalOf(await operate(world, target, { user: "ada" }))).toBe("403 forbidden");
  });

  it.each([
    ["confirmed by who proposed it", "update grant_proposals set status = 'granted', resolved_by = proposed_by, resolved_at = now()"],
    ["above the sum", "update admin_grant_days set most = 1, credits = 2"],
  ])("is not %s by SQL either", async (_what, attack) => {
    await givenProposal("sql");
    await expect(sql.raw(attack).execute(world.deps.db.query)).rejects.toMatchObject({ code: "23514" });
  });

  it.each([
    ["another amount", "update grant_proposals set amount = 1"],
    ["another person", "update grant_proposals set user_id = 'mallory'"],
    ["another admin", "update grant_proposals set proposed_by = 'mallory'"],
    ["no trace", "delete from grant_proposals"],
    ["a day that begins anew", "delete from admin_grant_days"],
    ["a day of somebody else", "update admin_grant_days set admin_id = 'mallory'"],
  ])("is not given %s by the application", async (_what, attack) => {
    await expect(sql.raw(attack).execute(world.deps.db.query)).rejects.toMatchObject({ code: "42501" });
  });
});

// Read back as CloudWatch does: the alarm on what was granted sums these values.
it("is measured in credits, once: what is proposed when it is confirmed, a repeat not at all", async () => {
  await freshDay();
  const measured = await measuredBy("admin", async (log) => {
    const container = givenAdminContainer(world, {}, log);
    await operate(container, "POST wallets/metric/grant", { body: { amount: "12.5", create: true }, key: "metric" });
    await operate(container, "POST wallets/metric/grant", { body: { amount: "12.5", create: true }, key: "metric" });
    const { json } = await operate(container, "POST users/metric/wallet/grant", { body: { amount: "250" } });
    await operate(container, `POST grants/${json.proposal_id}/confirm`, { user: SECOND, key: "metric" });
    await operate(container, `POST grants/${json.proposal_id}/confirm`, { user: SECOND, key: "metric" });
    await container.close();
  });
  const dimensions = { function: "admin", stage: "test" };
  expect(measured.filter(({ metric }) => metric === "credits_granted")).toEqual(
    [13, 250].map((value) => ({ metric: "credits_granted", unit: "Count", value, dimensions })),
  );
});
