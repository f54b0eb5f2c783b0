// What the function `turns` keeps: the catalogue, the models and their gateway, the issuer's keys.

import { createGateway } from "@pantheon/core/llm/gateway.ts";
import { MODELS } from "@pantheon/core/llm/models.ts";
import { createCatalogCache } from "@pantheon/core/pricing/catalog.ts";
import type { TurnDeps } from "@pantheon/core/turns/request.ts";
import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { baseDeps, type Surroundings } from "../deps.ts";

export type TurnsDeps = TurnDeps & { readonly verify: Verifier };

/** Connects nothing and loads nothing yet: the first request that needs a thing pays for it. */
export function turnsDeps(surroundings: Surroundings, base = baseDeps(surroundings)): TurnsDeps {
  const { config, log, clock, ticks, db } = base;
  const models = surroundings.models ?? MODELS;
  const windows = new Map(Object.entries(models).map(([alias, model]) => [alias, model.contextWindow]));
  return {
    ...base,
    models,
    catalog: createCatalogCache(db, windows, log),
    gateway: createGateway({ apiKey: config.openRouter.apiKey, baseUrl: config.openRouter.baseUrl, log, clock, ticks }),
    verify: createVerifier(config.auth, { clock, log }),
  };
}
