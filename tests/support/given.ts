// What a test is given, in words: a session, credits, enforcement, a price, a model that behaves in a certain way.

import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { givenGrant } from "./given-grant.ts";
import type { Model } from "@pantheon/core/models/model.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import type { Answer, TestWorld } from "./world.ts";

/** Opens a session over HTTP and answers its id. */
export async function givenSession(world: TestWorld, user = "ada", session: Record<string, unknown> = {}): Promise<string> {
  const answer = await world.call("POST", "/api/v1/sessions", { user, body: session });
  if (answer.status !== 201) throw new Error(`no session: ${answer.text}`);
  return answer.json.id;
}

/** Grants credits without an admin, so without an audit row. */
export async function givenCredits(world: TestWorld, user: string, amount: string): Promise<void> {
  await givenGrant(world.deps.db, user, amount);
}

/** Switches enforcement by the admin's override; null falls back to the environment. */
export async function givenEnforcement(world: TestWorld, enabled: boolean | null): Promise<void> {
  await world.owner.query.updateTable("runtime_settings").set({ enforcement_override: enabled }).execute();
}

/** Sets the multiplier of an alias in the active pricing version, adding the alias when it is new. */
export async function givenPrice(world: Pick<TestWorld, "deps">, alias: string, multiplier: string): Promise<void> {
  await sql`insert into model_pricing (pricing_version, model_alias, multiplier)
            select version, ${alias}, ${multiplier}::numeric from pricing_versions where is_active
            on conflict (pricing_version, model_alias) do update set multiplier = excluded.multiplier`.execute(world.deps.db.query);
}

/** The product's models and, under the same name as alias, models of the stand-in provider that misbehave. */
export function modelsWith(...names: string[]): Record<string, Model> {
  return { ...MODELS, ...Object.fromEntries(names.map((name) => [name, modelNamed(name)])) };
}

/** The default model under the provider's name of one that misbehaves, behind its first route alone. */
export function modelNamed(name: string, more: Partial<Model> = {}): Model {
  const template = MODELS["default"];
  if (!template) throw new Error("the default model is missing");
  return { ...template, routes: [{ ...template.routes[0], model: name }], ...more };
}

/** Runs a turn over HTTP. */
export function runTurn(
  world: TestWorld,
  session: string,
  options: {
    user?: string;
    key?: string;
    message?: string;
    alias?: string;
    maxOutputTokens?: number;
    fit?: boolean;
    more?: Record<string, unknown>;
  } = {},
): Promise<Answer> {
  const { user = "ada", key, message = "What is a wallet?", alias, maxOutputTokens, fit, more } = options;
  return world.call("POST", `/api/v1/sessions/${session}/turns`, {
    user,
    ...(key !== undefined && { key }),
    body: {
      message,
      ...(alias !== undefined && { model_alias_override: alias }),
      ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
      ...(fit !== undefined && { fit_to_balance: fit }),
      ...more,
    },
  });
}

/** Starts a turn and answers its promise (in an object, so that awaiting this does not await the turn) once the model has been asked. */
export async function givenModelAsked(
  world: Pick<TestWorld, "provider">,
  start: () => Promise<Answer>,
): Promise<{ answer: Promise<Answer> }> {
  const calls = world.provider.calls();
  const answer = start();
  const ended = answer.then(() => true);
  while (world.provider.calls() === calls && !(await Promise.race([ended, sleep(2, false)])));
  return { answer };
}
