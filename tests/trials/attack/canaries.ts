// Secrets that nobody may ever meet again: one in every place where the product is trusted with one, and texts that only their owner may
// read. Owns what is looked for; where it is looked for is the caller's business.

import { randomBytes } from "node:crypto";

export type Canaries = {
  /** By the name of the place, for an environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stands in people's messages: their owners may read it, no refusal and no log line may say it. */
  readonly text: string;
  /** A number that looks like a card's, in people's messages too. */
  readonly card: string;
  /** More of the kind that no answer may hold: the database's password, the signature of a bearer token. */
  add(place: string, secret: string): void;
  /** The places whose secrets stand in a text; `private` looks for people's texts too. */
  found(text: string, how?: "private"): string[];
  places(): string[];
};

const word = (): string => `canary${randomBytes(9).toString("hex")}`;

export function createCanaries(): Canaries {
  const environment = {
    STRIPE_SECRET_KEY: `sk_test_${word()}`,
    STRIPE_WEBHOOK_SECRET: `whsec_${word()}`,
    STRIPE_WEBHOOK_SECRET_PREVIOUS: `whsec_${word()}`,
    OPENROUTER_API_KEY: `or-${word()}`,
    AUTH_JWT_SECRET: `jwt-${word()}-${word()}`,
  };
  const secrets = new Map(Object.entries(environment));
  const people = new Map([
    ["a message", `text-${word()}`],
    ["a card number", "4000056655665556"],
  ]);
  return {
    environment,
    text: people.get("a message") ?? "",
    card: people.get("a card number") ?? "",
    add: (place, secret) => {
      if (secret.length < 12) throw new Error(`what ${place} holds is too short to be looked for`);
      secrets.set(place, secret);
    },
    found: (text, how) =>
      [...secrets, ...(how === "private" ? people : [])].filter(([, secret]) => text.includes(secret)).map(([place]) => place),
    places: () => [...secrets.keys(), ...people.keys()],
  };
}
