// A world that looks lived in: thirty days of calls by several people, top-ups in several states, keys, limits, a conversation, acts of an admin.

import { givenCredits, givenSession, runTurn } from "../../support/given.ts";
import { givenQuarantined } from "../../support/given-quarantined.ts";
import { listedCalls, seedCall, seedEvents, seedLedger, type SeedCall } from "../../support/seed-usage.ts";
import type { TestWorld } from "../../support/world.ts";
import { ADMIN } from "./app.ts";

const DAY_MS = 86_400_000;
const DAYS = 30;

/** Model, its multiplier, and what the provider asks for a thousand tokens out, in USD. */
const MODELS = [
  ["claude-sonnet", "1.5", 0.015],
  ["gpt-4o-mini", "1", 0.0006],
  ["gpt-4o", "2", 0.01],
  ["gemini-flash", "0.8", 0.0025],
  ["deepseek", "0.5", 0.0004],
] as const;

const PEOPLE = ["ada", "radia.perlman", "edsger.dijkstra", "jean.bartik", "sophie.wilson", "susan.kare"];

/** Gives `ada` a history, credits and a conversation, and the others a share in the figures. Answers the conversation's id. */
export async function givenLivedInWorld(world: TestWorld): Promise<string> {
  const { query } = world.owner;
  await seedEvents(query, listedCalls(PEOPLE.flatMap((user, index) => callsOf(user, index))));
  await seedLedger(query);
  for (const user of PEOPLE) await givenCredits(world, user, user === "ada" ? "1250" : "80");
  await world.call("POST", "/api/v1/admin/wallets/ada/grant", { user: ADMIN, body: { amount: "100", note: "Welcome", create: true } });
  await paid(world, "25.00", "pm_card_visa");
  await paid(world, "10.00", "pm_card_chargeDeclined");
  await givenBounds(world);
  await givenQuarantined(world, { user: "radia.perlman" });
  const session = await givenSession(world, "ada", { title: "How is a turn priced?", model_alias: "claude-sonnet" });
  for (const message of ["How is a turn priced?", "And when part of the input is cached?"]) await runTurn(world, session, { message });
  return session;
}

/** Keys and limits of ada's, and a large grant: where one admin's sum of a day is bounded, it waits for another. */
async function givenBounds(world: TestWorld): Promise<void> {
  const limits = { credits_per_day: "25", calls_per_hour: 600, running: 4 };
  await world.call("PUT", "/api/v1/users/me/limits", { body: limits });
  for (const name of ["The newsletter", "Continuous integration"]) {
    const bounds = name === "The newsletter" ? { models: ["gpt-4o-mini", "deepseek"], limits: { credits_per_month: "40" } } : {};
    await world.call("POST", "/api/v1/users/me/keys", { body: { name, ...bounds } });
  }
  const body = { amount: "500", note: "For the workshop" };
  await world.call("POST", "/api/v1/admin/wallets/sophie.wilson/grant", { user: ADMIN, body });
}

/** Starts a top-up of ada's and pays it by this card; waits until its event has been delivered. */
export async function paid(world: TestWorld, amountUsd: string, card: string): Promise<void> {
  await world.call("POST", "/api/v1/users/me/wallet/top-up", { body: { amount_usd: amountUsd } });
  const intent = world.stripe.intents().at(-1);
  if (intent === undefined) throw new Error("no payment was started");
  world.stripe.pay(intent.id, card);
  await world.stripe.settled();
}

/** The same every time, but for the day that it is. */
function callsOf(user: string, person: number): SeedCall[] {
  const today = Date.now() - (Date.now() % DAY_MS);
  return Array.from({ length: DAYS * MODELS.length }, (_none, index): SeedCall[] => {
    const [model_alias, multiplier, cost] = MODELS[index % MODELS.length] ?? MODELS[0];
    const day = Math.floor(index / MODELS.length);
    const wave = 40 + ((day * 37 + index * 17 + person * 29) % 100);
    if ((day + index + person) % 3 === 0) return [];
    const at = new Date(today - day * DAY_MS + (index + person) * 1_000).toISOString();
    const [fresh, cached, output] = [wave * 90, wave * 12, wave * 30];
    const provider_cost_usd = ((output / 1_000) * cost).toFixed(8);
    const names = { model_alias, provider_model: `provider/${model_alias}`, multiplier, provider_cost_usd };
    return [seedCall({ turn: `${user} ${index}`, user_id: user, at }, { ...names, fresh, cached, output, refused: index % 23 === 0 })];
  }).flat();
}
