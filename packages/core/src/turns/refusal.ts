// Why the gate did not let a turn run, read from the row it answered. Pure.

import { keyRefused } from "../accounts/api-key.ts";
import type { Config } from "../config/config.ts";
import type { LimitName } from "@pantheon/contract/vocabulary.ts";
import type { GateRow, LimitMet } from "../ledger/statements/gate.ts";
import type { RaiseHoldRow } from "../ledger/statements/raise-hold.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { capabilitiesView, unsupported } from "../models/capable.ts";
import type { Model } from "../models/model.ts";
import type { Sampling } from "../models/request.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { knownAliases, type Catalog } from "../pricing/catalog.ts";
import type { TurnRequest } from "./request.ts";

type Asked = {
  readonly request: Pick<TurnRequest, "alias" | "replaces" | "sampling" | "caller">;
  readonly catalog: Catalog;
  readonly config: Pick<Config, "topUpUrl">;
  readonly models: Readonly<Record<string, Model>>;
};

/** The refusal of a key that is good no more: it opens nothing, not even what was answered before. Null for a good one, and for none. */
export function closedTo({ key_state: state }: Pick<GateRow, "key_state">): DomainError | null {
  return state === null || state === "good" ? null : keyRefused(state);
}

/** The refusal that this row stands for, or null when nothing stands against the turn. */
export function refusalOf(row: GateRow, { request, config, models, catalog }: Asked): DomainError | null {
  if (row.session === null) return new DomainError("not_found", "Session not found.");
  if (row.suspended) return new DomainError("account_suspended", "This account is suspended.");
  if (row.key_allows === false) return notAllowed(request);
  if (row.multiplier === null) return unknownAlias(request.alias === null ? "" : "model_alias_override", catalog);
  if (request.replaces !== null && row.replaced !== "completed") return notReplaceable(row.replaced);
  const model = models[row.alias ?? ""];
  if (row.unable && model !== undefined) return unsupportedBy(row.alias ?? "", model, request.sampling);
  if (!row.fits) return new DomainError("context_budget_exceeded", "The message does not fit into the model's context window.");
  if (row.limit_met !== null && CALLS.has(row.limit_met.name)) return tooManyCalls(row.limit_met);
  if (row.enforced ? !row.covered : !row.afloat) return insufficientCredits(row, config);
  if (row.limit_met !== null) return limitReached(row, row.limit_met, config);
  return null;
}

/** The key may not use the alias; or it acts for somebody else, and no admin lets it any more. */
function notAllowed({ caller }: Pick<TurnRequest, "caller">): DomainError {
  const others = caller.key?.owner === undefined ? "" : ", or may not act for others any more";
  return new DomainError("forbidden", `This API key may not use that model${others}.`, { reason: "key_models" });
}

/** A turn that is not this session's is as unknown as one that never was. */
function notReplaceable(status: string | null): DomainError {
  if (status === null) return new DomainError("not_found", "Turn not found.");
  const errors = [{ path: "replaces", message: "must be a completed turn" }];
  return new DomainError("invalid_request", "Only a completed turn can be replaced.", { errors });
}

function unsupportedBy(alias: string, { capabilities }: Model, sampling: Sampling): DomainError {
  return new DomainError("unsupported_by_model", "This model alias cannot do what was asked of it.", {
    errors: unsupported(capabilities, sampling).map(({ path, message }) => ({ path, message })),
    members: { model_alias: alias, capabilities: capabilitiesView(capabilities) },
  });
}

/** 422 for an alias that cannot be run, with those that can. `path` is where it was named; empty when the session named it. */
export function unknownAlias(path: string, catalog: Catalog): DomainError {
  const message = `must be one of ${knownAliases(catalog).join(", ")}`;
  return new DomainError("unknown_model_alias", "Unknown model alias.", { errors: [{ path, message }] });
}

const CALLS: ReadonlySet<LimitName> = new Set(["calls_per_minute", "calls_per_hour", "running"]);
/** A window may end much later: asking once a minute is enough, and somebody may have raised the limit. */
const LONGEST_WAIT_SECONDS = 60;
/** Nobody knows when a turn that runs will end. */
const WAIT_FOR_RUNNING_SECONDS = 2;

/** 429 for a limit of calls that is used up, with the limit and when to try again. */
function tooManyCalls({ wait, ...limit }: LimitMet): DomainError {
  const retryAfter = Math.min(Math.max(wait ?? WAIT_FOR_RUNNING_SECONDS, 1), LONGEST_WAIT_SECONDS);
  const detail = `The limit ${limit.name} (${limit.most}) is used up.`;
  return new DomainError("rate_limited", detail, { retryAfter, members: { limit } });
}

/** 402 for a limit of credits that leaves less than the turn would hold. */
function limitReached(row: BrokeRow, { wait: _wait, ...limit }: LimitMet, config: Pick<Config, "topUpUrl">): DomainError {
  const until = limit.resets_at === null ? "" : ` until ${limit.resets_at}`;
  const detail = `The limit ${limit.name} (${limit.most}) leaves ${limit.left} credits${until}.`;
  return new DomainError("limit_reached", detail, { members: { ...figures(row, config), limit } });
}

type BrokeRow = Pick<GateRow, "balance" | "held" | "wanted" | "affordable" | "cheaper">;

/**
 * The figures are those of the locked wallet row. Until somebody has looked, all that is known of the cost is the hold (contract
 * section 3). How much output is affordable, and under which cheaper aliases, is reckoned by the statement too.
 */
export function insufficientCredits(row: BrokeRow, config: Pick<Config, "topUpUrl">): DomainError {
  const members = figures(row, config);
  return new DomainError("insufficient_credits", "Insufficient credits. Please top up your account.", { members });
}

/** The 402 of a further call of a turn: what its wallet lacks, or the limit that leaves too little. */
export function notCovered({ limit_met: limit, ...row }: RaiseHoldRow, config: Pick<Config, "topUpUrl">): DomainError {
  const broke = { ...row, cheaper: [] };
  return limit === null ? insufficientCredits(broke, config) : limitReached(broke, limit, config);
}

function figures(row: BrokeRow, config: Pick<Config, "topUpUrl">) {
  const available = amount(row.balance ?? "0").minus(amount(row.held ?? "0"));
  return {
    balance: format(amount(row.balance ?? "0")),
    held: format(amount(row.held ?? "0")),
    available: format(available),
    hold: format(amount(row.wanted ?? "0")),
    estimated_cost: format(amount(row.wanted ?? "0")),
    top_up_url: config.topUpUrl,
    affordable_output_tokens: Number(row.affordable ?? "0"),
    cheaper_aliases: row.cheaper ?? [],
  };
}
