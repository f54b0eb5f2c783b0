// What runs turns and calls keeps: the catalogue, the models and their gateway, the issuer's keys.

import { createKeyring, type Keyring } from "@pantheon/core/accounts/keyring.ts";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Gateway, GatewayDeps } from "@pantheon/core/models/gateway.ts";
import { MODELS, ROUTING_ALIAS, SUMMARY_ALIAS } from "@pantheon/core/models/models.ts";
import type { InSession } from "@pantheon/core/tools/file-texts.ts";
import { createCatalogCache } from "@pantheon/core/pricing/catalog.ts";
import type { TurnDeps } from "@pantheon/core/turns/run.ts";
import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { baseDeps, type BaseDeps, type Surroundings } from "./deps.ts";

export type TurnsDeps = TurnDeps & { readonly verify: Verifier; readonly keyring: Keyring };

/** Connects nothing yet: the first request that needs a thing pays for it. */
export function turnsDeps(surroundings: Surroundings, base = baseDeps(surroundings)): TurnsDeps {
  const { config, log, clock, ticks, db } = base;
  const models = surroundings.models ?? MODELS;
  const windows = new Map(Object.entries(models).map(([alias, model]) => [alias, model.contextWindow]));
  return {
    ...base,
    models,
    catalog: createCatalogCache(db, windows, log),
    toolbox: toolboxWhenAsked(base),
    gateway: loadedWhenAsked({ ...reached(config), log, clock, ticks }),
    summaryAlias: housesOwn(config.summaryAlias, SUMMARY_ALIAS, models),
    routingAlias: housesOwn(config.routingAlias, ROUTING_ALIAS, models),
    verify: createVerifier(config.auth, { clock, log }),
    keyring: createKeyring(db),
  };
}

/** The alias of a call of the house's own: as configured, none, or the usual one where there is such a model. */
function housesOwn(configured: string | null, usual: string, models: TurnDeps["models"]): string | null {
  if (configured === "none") return null;
  return configured ?? (usual in models ? usual : null);
}

/** What a container does before its first turn: a turn then begins with its own statement. */
export async function warmTurns({ catalog }: Pick<TurnsDeps, "catalog">): Promise<void> {
  await catalog.warm();
}

/** The gateway, loaded by the first turn that asks a model: no cold start waits for it. */
function loadedWhenAsked(deps: GatewayDeps): Gateway {
  let loading: Promise<Gateway> | null = null;
  const gateway = (): Promise<Gateway> =>
    (loading ??= import("@pantheon/core/models/gateway.ts").then(({ createGateway }) => createGateway(deps)));
  return {
    stream: async function* (call) {
      yield* (await gateway()).stream(call);
    },
    answer: async (call) => (await gateway()).answer(call),
  };
}

/** The tools, likewise, over the files of sessions. */
function toolboxWhenAsked({ config, log, db }: BaseDeps): TurnDeps["toolbox"] {
  const load = async () => {
    const [{ createToolbox }, reading] = await Promise.all([
      import("@pantheon/core/tools/toolbox.ts"),
      import("@pantheon/core/files/reading.ts"),
    ]);
    const { filesOfSession, readFilePage } = reading;
    const files = {
      list: (where: InSession) => filesOfSession(db, where),
      read: (where: InSession, file: string, page: number) => readFilePage(db, where, file, page),
    };
    return createToolbox({ search: config.search, files, log });
  };
  let loading: ReturnType<typeof load> | null = null;
  return () => (loading ??= load());
}

/** The keys and addresses of the providers, as the gateway takes them. */
export function reached({ providers }: Pick<Config, "providers">): Pick<GatewayDeps, "keys" | "baseUrls"> {
  const known = Object.entries(providers);
  return {
    keys: Object.fromEntries(known.map(([name, { apiKey }]) => [name, apiKey])),
    baseUrls: Object.fromEntries(known.flatMap(([name, { baseUrl }]) => (baseUrl === null ? [] : [[name, baseUrl]]))),
  };
}
