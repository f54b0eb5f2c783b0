// Between a turn and its reader: nothing lost or reordered, bounded while somebody may read, and in nobody's way when nobody does.

import { expect, test } from "vitest";
import { createQueue, type Queue } from "@pantheon/core/turns/stream-queue.ts";

/** Writes numbers, a unit each, and says how many were accepted. */
function writing(queue: Queue<number>, count: number): { readonly accepted: () => number; readonly done: Promise<void> } {
  let accepted = 0;
  const run = async (): Promise<void> => {
    for (let number = 0; number < count; number += 1) {
      await queue.put(number, 1);
      accepted += 1;
    }
    queue.end();
  };
  return { accepted: () => accepted, done: run() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("events come in order, and the end after the last one", async () => {
  const queue = createQueue<number>({ most: 3, patienceMs: 60_000 });
  const { done } = writing(queue, 50);
  const seen: number[] = [];
  for (let event = await queue.take(); event !== null; event = await queue.take()) seen.push(event);
  await done;
  expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

test("a reader who does not read makes the writer wait, and goes on where it was", async () => {
  const queue = createQueue<number>({ most: 3, patienceMs: 60_000 });
  const { accepted, done } = writing(queue, 10);
  await settle();
  expect(accepted()).toBe(3);
  expect([await queue.take(), await queue.take()]).toEqual([0, 1]);
  await settle();
  expect(accepted()).toBe(5);
  queue.drop();
  await done;
  expect([accepted(), await queue.take()]).toEqual([10, null]);
});

test("when patience is over the writer ends its work, and what it wrote can be read", async () => {
  const queue = createQueue<number>({ most: 1, patienceMs: 20 });
  const { done } = writing(queue, 5);
  await done;
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual([0, 1, 2]);
});
