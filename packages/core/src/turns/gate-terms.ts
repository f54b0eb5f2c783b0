// What the gate of a turn is reckoned with, whatever opens it: prices, the limits of what a model is shown, and what the request asks of it.

import type { Catalog } from "../pricing/catalog.ts";
import { unsupported } from "../models/capable.ts";
import type { Sampling } from "../models/request.ts";
import { TOOL_OCTETS } from "../tools/octets.ts";
import { LIMITS, type TurnDeps } from "./request.ts";

const TOOL_OCTETS_TEXT = JSON.stringify(TOOL_OCTETS);

/** What a conversation is reckoned with, whatever is asked: the prices, and the limits of what a model is shown. */
export function gateTerms({ summaryAlias }: Pick<TurnDeps, "summaryAlias">, { prices, weights }: Catalog) {
  return {
    prices,
    weightInput: (weights.fresh.gt(weights.cached) ? weights.fresh : weights.cached).toFixed(),
    weightOutput: weights.output.toFixed(),
    oePerCredit: weights.oePerCredit.toFixed(),
    historyTurns: LIMITS.historyTurns,
    historyOctets: LIMITS.historyOctets,
    summaries: summaryAlias !== null,
    toolOctets: TOOL_OCTETS_TEXT,
  };
}

/** The aliases that cannot do what the request asks for: mostly it asks for nothing. */
export function unableOf(models: TurnDeps["models"], sampling: Sampling): string[] {
  if (Object.keys(sampling).length === 0) return [];
  return Object.entries(models).flatMap(([alias, { capabilities }]) => (unsupported(capabilities, sampling).length > 0 ? [alias] : []));
}

/** A schema is read by the model like the message, and weighed with it. */
export function schemaText({ responseFormat }: Sampling): string {
  return responseFormat?.type === "json_schema" ? JSON.stringify(responseFormat.schema) : "";
}
