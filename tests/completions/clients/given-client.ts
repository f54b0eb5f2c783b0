// What the tests of real clients share: a world with models that fail in known ways, a funded user, and a fetch that counts.

import { givenCredits, givenEnforcement, givenPrice, modelsWith } from "../../support/given.ts";
import { testWorld, type TestWorld } from "../../support/world.ts";

export const WEATHER = { type: "object" as const, properties: { city: { type: "string" as const } }, required: ["city"] };
export const QUESTION = "What is a wallet?";
const FAKES = ["fake-tools-1", "fake-cut-3", "fake-503", "fake-401"];

/** A world that enforces credits. `ada` has some, `eve` has none. */
export async function clientWorld(): Promise<TestWorld> {
  const world = await testWorld({ models: modelsWith(...FAKES), environment: { TOP_UP_URL: "https://app.example.com/top-up" } });
  for (const name of FAKES) await givenPrice(world, name, "1");
  await givenEnforcement(world, true);
  await givenCredits(world, "ada", "100");
  return world;
}

/** A fetch that counts what was asked, and where the door is. */
export async function counted(world: TestWorld, user = "ada") {
  const seen = { requests: 0 };
  const fetchCounted: typeof fetch = (input, init) => {
    seen.requests += 1;
    return fetch(input, init);
  };
  return { seen, fetch: fetchCounted, baseURL: `${world.apiUrl}/v1`, apiKey: await world.issuer.token({ user }) };
}

/** All that comes, in one list. */
export async function everything<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}
