// Why the gate did not let a turn run, read from the row it answered. Pure.

import type { Config } from "../config/config.ts";
import type { GateRow } from "../ledger/statements/gate.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, format, roundHalfUp, ZERO, type Amount } from "@pantheon/contract/money.ts";
import { knownAliases, type Catalog } from "../pricing/catalog.ts";
import type { TurnRequest } from "./request.ts";

/** The refusal that this row stands for, or null when nothing stands against the turn. */
export function refusalOf(row: GateRow, request: TurnRequest, config: Config, catalog: Catalog): DomainError | null {
  if (row.session === null) return new DomainError("not_found", "Session not found.");
  if (row.suspended) return new DomainError("account_suspended", "This account is suspended.");
  if (row.multiplier === null) return unknownAlias(request.alias === null ? "" : "model_alias_override", catalog);
  if (!row.fits) return new DomainError("context_budget_exceeded", "The message does not fit into the model's context window.");
  if (row.enforced && !row.covered) return insufficientCredits(row, request, config, catalog);
  return null;
}

/** 422 for an alias that cannot be run, with those that can. `path` is where it was named; empty when the session named it. */
export function unknownAlias(path: string, catalog: Catalog): DomainError {
  const message = `must be one of ${knownAliases(catalog).join(", ")}`;
  return new DomainError("unknown_model_alias", "Unknown model alias.", { errors: [{ path, message }] });
}

/** The same 402 with what such a turn has cost lately, in place of the hold. */
export function withUsualCost(refusal: DomainError, usual: Amount): DomainError {
  return new DomainError(refusal.code, refusal.message, {
    members: { ...refusal.members, estimated_cost: format(roundHalfUp(usual, 8)) },
    cause: refusal,
  });
}

/** The figures are those of the locked wallet row. Until somebody has looked, all that is known of the cost is the hold (contract section 3). */
function insufficientCredits(row: GateRow, request: TurnRequest, config: Config, catalog: Catalog): DomainError {
  const available = amount(row.balance ?? "0").minus(amount(row.held ?? "0"));
  return new DomainError("insufficient_credits", "Insufficient credits. Please top up your account.", {
    members: {
      balance: format(amount(row.balance ?? "0")),
      held: format(amount(row.held ?? "0")),
      available: format(available),
      hold: format(amount(row.wanted ?? "0")),
      estimated_cost: format(amount(row.wanted ?? "0")),
      top_up_url: config.topUpUrl,
      ...(config.overdraft === "none" && { affordable_output_tokens: affordableOutput(row, request, catalog) }),
    },
  });
}

/** How many output tokens the available credits cover beside the input, when a hold must be covered in full. */
function affordableOutput(row: GateRow, request: TurnRequest, { weights }: Catalog): number {
  const available = amount(row.balance ?? "0").minus(amount(row.held ?? "0"));
  const missing = amount(row.wanted ?? "0").minus(available);
  const perToken = weights.output.times(amount(row.multiplier ?? "1")).div(weights.oePerCredit);
  if (missing.lte(ZERO) || perToken.lte(ZERO)) return request.maxOutputTokens;
  return Math.max(0, request.maxOutputTokens - Number(missing.div(perToken).round(0, 3).toFixed()));
}
