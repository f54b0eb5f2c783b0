// Every choice of a run comes from its seed: a source of numbers for each concern, and decks that deal every kind in its share.

import { createHash } from "node:crypto";
import { randomFrom } from "../../support/random.ts";

export type Random = () => number;

/** A source of its own for one concern, so that a choice made there moves no other. */
export function randomOf(seed: number, concern: string): Random {
  return randomFrom(createHash("sha256").update(`${seed} ${concern}`).digest().readUInt32BE());
}

/** Deals kinds shuffled: first one of each, so that a short run meets them all, whatever the seed; from then on in these shares. */
export function deckOf<Kind>(shares: readonly (readonly [Kind, number])[], random: Random): () => Kind {
  const round = shares.flatMap(([kind, share]) => Array.from({ length: share }, () => kind));
  let left = shares.map(([kind]) => kind);
  return () => {
    if (left.length === 0) left = [...round];
    const [kind] = left.splice(Math.floor(random() * left.length), 1);
    if (kind === undefined) throw new RangeError("a deck needs a card");
    return kind;
  };
}

/** A whole number from `least` to `most`. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** One of them. */
export function oneOf<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("there is nothing to choose from");
  return item;
}
