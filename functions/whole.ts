// The whole product in one process: what every function keeps, and every function as an application. For the local world, the OpenAPI
// document and tests; a Lambda never loads it.

import type { Hono } from "hono";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { adminApp } from "./admin/app.ts";
import type { AdminDeps } from "./admin/deps.ts";
import { completionsApp } from "./completions/app.ts";
import { baseDeps, type Surroundings } from "./deps.ts";
import { filesApp } from "./files/app.ts";
import { filesDeps, type FilesDeps } from "./files/deps.ts";
import { holdsApp } from "./holds/app.ts";
import type { FunctionName } from "./functions.ts";
import { stripeWebhookApp } from "./stripe-webhook/app.ts";
import type { StripeDeps } from "./stripe-webhook/deps.ts";
import { turnsApp } from "./turns/app.ts";
import { turnsDeps, type TurnsDeps } from "./turn-deps.ts";
import { usersApp } from "./users/app.ts";
import { usersDeps, type UsersDeps } from "./users/deps.ts";

export type Deps = TurnsDeps & FilesDeps & UsersDeps & AdminDeps & StripeDeps;

/** Connects nothing and loads nothing yet. */
export function createDeps(surroundings: Surroundings): Deps {
  const base = baseDeps(surroundings);
  return { ...usersDeps(surroundings, base), ...filesDeps(surroundings, base), ...turnsDeps(surroundings, base) };
}

/** Every function that has addresses, by its name. */
export function applications(deps: Deps): Record<FunctionName, Hono<AppEnv>> {
  return {
    turns: turnsApp(deps),
    files: filesApp(deps),
    holds: holdsApp(deps),
    users: usersApp(deps),
    admin: adminApp(deps),
    completions: completionsApp(deps),
    "stripe-webhook": stripeWebhookApp(deps),
  };
}
