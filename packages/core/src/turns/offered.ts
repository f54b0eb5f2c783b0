// The models as their users see them: every alias that has a model and a price, with what it can do and what it costs. Reads prices; owns none.

import type * as v from "valibot";
import type { ModelList, ModelRead } from "@pantheon/contract/models.ts";
import { format, roundHalfUp, type Amount } from "@pantheon/contract/money.ts";
import { MAX_OUTPUT_TOKENS } from "@pantheon/contract/turns.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { capabilitiesView } from "../models/capable.ts";
import type { Model } from "../models/model.ts";
import { MODELS } from "../models/models.ts";
import { loadCatalog, type Catalog } from "../pricing/catalog.ts";
import { oeTokens, type TokenClasses } from "../pricing/weights.ts";

export type OfferedDeps = {
  readonly db: Database;
  readonly config: Pick<Config, "usdPerCredit">;
  /** The product's own unless given. */
  readonly models?: Readonly<Record<string, Model>> | undefined;
};

const MILLION = 1_000_000;
/** A question of a page or so, and an answer of the same length. */
const EXAMPLE = { fresh: 1_000, cached: 0, output: 500 } as const;
const SHOWN_DECIMALS = 8;

/** Every alias that can be run, by name, at the prices of now: read afresh, since whoever asks wants to know. */
export async function offeredModels({ db, config, models = MODELS }: OfferedDeps): Promise<v.InferInput<typeof ModelList>> {
  const windows = new Map(Object.entries(models).map(([alias, { contextWindow }]) => [alias, contextWindow]));
  const catalog = await loadCatalog(db, windows);
  const offered = [...catalog.multipliers].flatMap(([alias, multiplier]) => {
    const model = models[alias];
    return model === undefined ? [] : [modelView(alias, model, multiplier, catalog, config.usdPerCredit)];
  });
  return { pricing_version: catalog.version, usd_per_credit: format(config.usdPerCredit), models: offered };
}

function modelView(
  alias: string,
  model: Model,
  multiplier: Amount,
  catalog: Catalog,
  usdPerCredit: Amount,
): v.InferInput<typeof ModelRead> {
  const { weights } = catalog;
  const priceOf = (tokens: TokenClasses) => {
    const credits = oeTokens(tokens, weights).times(multiplier).div(weights.oePerCredit);
    return { credits: shown(credits), usd: shown(credits.times(usdPerCredit)) };
  };
  const none = { fresh: 0, cached: 0, output: 0 };
  return {
    model_alias: alias,
    context_window: model.contextWindow,
    output_limit: Math.min(model.outputLimit, MAX_OUTPUT_TOKENS),
    capabilities: capabilitiesView(model.capabilities),
    multiplier: format(multiplier),
    prices: {
      input_tokens_fresh: priceOf({ ...none, fresh: MILLION }),
      input_tokens_cached: priceOf({ ...none, cached: MILLION }),
      output_tokens: priceOf({ ...none, output: MILLION }),
    },
    example_turn: { input_tokens_fresh: EXAMPLE.fresh, output_tokens: EXAMPLE.output, ...priceOf(EXAMPLE) },
  };
}

function shown(value: Amount): string {
  return format(roundHalfUp(value, SHOWN_DECIMALS));
}
