// Idempotency-Key on the admins' writes: a repeat is answered byte for byte as the first was, the effect and its audit row are there
// once, and no other request passes under the key.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenAdminContainer } from "../support/admin-container.ts";
import { givenSession } from "../support/given.ts";
import {
  ROOT,
  SECOND,
  WRITES,
  actionsOf,
  atOnce,
  givenOpenConnections,
  operate,
  adminWorld,
  patchPrice,
  refusalOf,
  revisionOf,
  statuses,
} from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import type { Answer, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
  await givenSession(world, "ada");
});
afterAll(() => world.end());

const replayed = ({ headers }: Answer) => headers.get("idempotency-replayed") === "true";

describe.each(WRITES)("$target under a key", ({ action, target, body, other, status }) => {
  const key = `key-of-${target.replaceAll(/\W/g, "-")}`;
  const send = (place: Pick<TestWorld, "call"> = world) => operate(place, target, { key, ...(body !== undefined && { body }) });

  it("sent 50 times at once, by way of two containers, is done once and answered alike", async () => {
    const second = givenAdminContainer(world);
    try {
      const seen = (await actionsOf(world)).length;
      await givenOpenConnections(world);
      const answers = await atOnce(50, (index) => send(index % 2 === 0 ? world : second));
      expect([statuses(answers), new Set(answers.map(({ text }) => text)).size]).toEqual([{ [status]: 50 }, 1]);
      expect(answers.filter((answer) => !replayed(answer))).toHaveLength(1);
      expect(new Set(answers.map(({ headers }) => headers.get("content-type")))).toEqual(new Set(["application/json"]));
      expect((await actionsOf(world)).slice(seen).map((row) => row.action)).toEqual([action]);
    } finally {
      await second.close();
    }
  });

  it("is replayed ever after, also when its body is spelled otherwise, and nothing is written", async () => {
    const before = await tracesOf(world);
    const again = await send();
    expect([again.status, replayed(again)]).toEqual([status, true]);
    if (body !== undefined) {
      const raw = ` ${JSON.stringify(Object.fromEntries(Object.entries(body).toReversed()), null, 2)}\n`;
      const spelled = await operate(world, target, { key, raw });
      expect([spelled.text, replayed(spelled)]).toEqual([again.text, true]);
    }
    expect(await tracesOf(world)).toEqual(before);
  });

  it("does not let another request pass, alone or 20 at once, and nothing is written", async () => {
    const before = await tracesOf(world);
    await givenOpenConnections(world);
    const options = { key, ...(other.body !== undefined && { body: other.body }) };
    const answers = await atOnce(20, () => operate(world, other.target ?? target, options));
    expect(new Set(answers.map(refusalOf))).toEqual(new Set(["422 idempotency_key_reused"]));
    expect(await tracesOf(world)).toEqual(before);
  });

  it("is another act of another admin", async () => {
    if (action === "pricing.create_version") {
      expect(refusalOf(await operate(world, target, { key, user: SECOND, body }))).toBe("409 conflict");
      return;
    }
    const answer = await operate(world, target, { key, user: SECOND, ...(body !== undefined && { body }) });
    expect([answer.status, replayed(answer)]).toEqual([status, false]);
    expect((await actionsOf(world)).at(-1)).toMatchObject({ admin_id: SECOND, action });
  });
});

describe("a key", () => {
  it("that met a refusal is free: the same request runs again once it can", async () => {
    const patch = (revision: number) => patchPrice(world, "1.75", { key: "freed", headers: { "If-Match": `"${revision}"` } });
    expect((await patch(0)).status).toBe(412);
    const right = await patch(await revisionOf(world));
    expect([right.status, replayed(right)]).toEqual([200, false]);
    const late = await operate(world, "POST users/latecomer/suspend", { key: "early" });
    await givenSession(world, "latecomer");
    const known = await operate(world, "POST users/latecomer/suspend", { key: "early" });
    expect([late.status, known.status, replayed(known)]).toEqual([404, 200, false]);
  });

  it("answers a repeat whose If-Match has become stale by the very change it made", async () => {
    const headers = { "If-Match": `"${await revisionOf(world)}"` };
    const first = await patchPrice(world, "1.25", { key: "matched", headers });
    const again = await patchPrice(world, "1.25", { key: "matched", headers });
    expect([first.status, again.text, replayed(again)]).toEqual([200, first.text, true]);
  });

  it.each(["", " ", "a b", "ä", "x".repeat(256)])("that is none (%j) is refused, and nothing is written", async (key) => {
    const before = await tracesOf(world);
    for (const { target, body } of WRITES) {
      const headers = { "Idempotency-Key": Buffer.from(key).toString("latin1") };
      const answer = await operate(world, target, { user: ROOT, headers, ...(body !== undefined && { body }) });
      expect(refusalOf(answer)).toBe("422 invalid_request at Idempotency-Key");
    }
    expect(await tracesOf(world)).toEqual(before);
  });
});
