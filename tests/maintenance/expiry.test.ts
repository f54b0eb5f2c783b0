// What is kept for a repeat of a key alone: it goes after IDEMPOTENCY_DAYS, the key stays, and nothing is carried out again under it.

import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { ROOT, operate, refusalOf } from "../support/admin.ts";
import { foundIn } from "../support/found-in.ts";
import { givenCredits } from "../support/given.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: ROOT } });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const sweep = () => runJob(world.deps, { job: "sweep" });

/** As if these keys were so many days older; the guard of the table is in the way of that. */
async function older(days: number, keys: string): Promise<void> {
  const guard = (state: string) =>
    sql.raw(`alter table idempotency_keys ${state} trigger idempotency_keys_kept`).execute(world.owner.query);
  await guard("disable");
  await sql`update idempotency_keys set created_at = created_at - ${sql.lit(days)} * interval '1 day' where key in (${sql.raw(keys)})`.execute(
    world.owner.query,
  );
  await guard("enable");
}

describe("the response of a key", () => {
  it("is forgotten after its days; the key stays, and the same request is not carried out again", async () => {
    await operate(world, "POST wallets/hal/grant", { body: { amount: 5, create: true }, key: "five" });
    await world.call("POST", "/api/v1/sessions", { user: "hal", body: {}, key: "mine" });
    await older(31, "'five', 'mine'");
    expect(await sweep()).toMatchObject({ expired: 2 });
    const grant = await operate(world, "POST wallets/hal/grant", { body: { amount: 5, create: true }, key: "five" });
    expect(refusalOf(grant)).toBe("409 idempotency_expired");
    expect(refusalOf(await operate(world, "POST wallets/hal/grant", { body: { amount: 6, create: true }, key: "five" }))).toBe(
      "422 idempotency_key_reused",
    );
    expect((await operate(world, "GET wallets/hal")).json.balance).toBe("5");
    await older(31, "'five', 'mine'");
    expect(await sweep()).toMatchObject({ removed: 1 });
    const left = await world.deps.db.query.selectFrom("idempotency_keys").select("key").where("key", "in", ["five", "mine"]).execute();
    expect(left).toEqual([{ key: "five" }]);
    expect(refusalOf(await operate(world, "POST wallets/hal/grant", { body: { amount: 5, create: true }, key: "five" }))).toBe(
      "409 idempotency_expired",
    );
  });

  it("of a call that belongs to no session is erased after the same days, and not before", async () => {
    const body = { model: "default", messages: [{ role: "user", content: "kays-words" }] };
    const call = () => world.call("POST", "/v1/chat/completions", { user: "kay", key: "kays-call", body });
    await givenCredits(world, "kay", "10");
    const first = await call();
    const at = (days: number) => runJob({ ...world.deps, clock: () => Date.now() + days * 86_400_000 }, { job: "sweep" });
    await at(29);
    expect((await call()).text).toBe(first.text);
    expect(await at(31)).toMatchObject({ erased: expect.any(Number) });
    expect(await foundIn(world, "kays-words")).toEqual([]);
    expect((await call()).status).toBe(409);
  });

  it("of a top-up is forgotten after the same days; the key stays, and no other payment is begun", async () => {
    const start = (amount: string) =>
      world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "lou", key: "lous", body: { amount_usd: amount } });
    const started = await start("10");
    const age = (days: number) =>
      sql`update top_ups set created_at = clock_timestamp() - ${sql.lit(days)} * interval '1 day' where user_id = 'lou'`.execute(
        world.owner.query,
      );
    await age(29);
    await sweep();
    expect((await start("10")).text).toBe(started.text);
    await age(31);
    expect(await sweep()).toMatchObject({ expired: 1 });
    expect(await foundIn(world, started.json.client_secret)).toEqual([]);
    expect(refusalOf(await start("10"))).toBe("409 idempotency_expired");
    expect(refusalOf(await start("11"))).toBe("422 idempotency_key_reused");
    await operate(world, "POST users/lou/suspend", { body: {} });
    expect(refusalOf(await start("10"))).toBe("409 idempotency_expired");
    expect((await world.call("GET", "/api/v1/users/me/wallet/top-ups", { user: "lou" })).json).toMatchObject({ total: 1 });
  });

  it.each([
    ["changed", "update idempotency_keys set body = '{}'"],
    ["emptied without a word of it", "update idempotency_keys set body = ''"],
    ["brought back", "update idempotency_keys set body = '{}', expired_at = null where expired_at is not null"],
    ["removed while it is kept", "delete from idempotency_keys where expired_at is null"],
    ["removed where money was booked", "delete from idempotency_keys where booked"],
    ["said to have booked nothing", "update idempotency_keys set booked = false where booked"],
    ["moved to another request", "update idempotency_keys set request_hash = 'x'"],
  ])("is not %s by the application", async (_what, attack) => {
    await operate(world, "POST wallets/ivy/grant", { body: { amount: 1, create: true }, key: "one" });
    await expect(sql.raw(attack).execute(world.deps.db.query)).rejects.toMatchObject({ code: "42501" });
  });
});
