// `once` where no request can reach: a write that finds what it was read for moved on, again and again.

import { afterAll, beforeAll, expect, it } from "vitest";
import { once } from "@pantheon/core/audit/once.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

const BY = { actor: "root", requestId: "r", key: { value: "k", hash: "0".repeat(64) } };

/** A write that is read anew `moves` times before it is done, and may try three times. Answers how often it was read. */
async function moving(moves: number): Promise<{ read: number; outcome: unknown }> {
  let read = 0;
  const outcome = await once(world.deps.db, BY, () => {
    read += 1;
    const isDone = read > moves;
    return {
      status: 200,
      body: { read },
      run: () => Promise.resolve(isDone ? [{ id: "done" }] : []),
      moved: { tries: 3, refusal: () => new DomainError("conflict", "It moves.") },
    };
  }).catch((error: unknown) => (error instanceof DomainError ? error.code : error));
  return { read, outcome };
}

it("reads anew what has moved on since it was read, and tells what it read last", async () => {
  expect(await moving(2)).toEqual({ read: 3, outcome: { status: 200, body: '{"read":3}', replayed: false } });
});

it("gives up after its tries", async () => {
  expect(await moving(3)).toEqual({ read: 3, outcome: "conflict" });
});
