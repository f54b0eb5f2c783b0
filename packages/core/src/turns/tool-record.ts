// One use of a tool within a turn: what it costs its payer, the row that it becomes, and the text that stays with the turn. Writes nothing.

import { newId } from "@pantheon/contract/id.ts";
import { sum, ZERO, type Amount } from "@pantheon/contract/money.ts";
import type { ToolState } from "@pantheon/contract/vocabulary.ts";
import type { ToolEvent } from "../ledger/statements/settle-turn.ts";
import type { CallRecord } from "./call-record.ts";
import type { OpenedTurn } from "./open.ts";
import type { TurnDeps } from "./request.ts";

export type ToolRecord = {
  /** From 0, in the order in which the turn's calls asked for them. */
  readonly index: number;
  readonly name: string;
  readonly status: ToolState;
  readonly latencyMs: number;
  /** What went in, as the model wrote it, and what it was told. */
  readonly arguments: string;
  readonly result: string;
  readonly charged: Amount;
  readonly absorbed: Amount;
};

/** What came of one use. */
export type ToolOutcome = Omit<ToolRecord, "index" | "charged" | "absorbed">;

/** What was charged so far: calls and tools. Credits. */
export function spentOf(calls: readonly CallRecord[], tools: readonly ToolRecord[]): Amount {
  return sum([...calls.map(({ charge }) => charge.charged), ...tools.map(({ charged }) => charged)]);
}

/**
 * The record of a use that comes after these. A use that failed is free; any other costs what the turn's pricing version takes for it. A
 * turn that is covered in full is charged no more than its hold: the rest is absorbed.
 */
export function toolRecord(
  turn: OpenedTurn,
  before: { readonly calls: readonly CallRecord[]; readonly tools: readonly ToolRecord[] },
  outcome: ToolOutcome,
): ToolRecord {
  const price = outcome.status === "success" ? (turn.catalog.toolCredits.get(outcome.name) ?? ZERO) : ZERO;
  const left = turn.hold.minus(spentOf(before.calls, before.tools));
  const isAbove = turn.coveredInFull && price.gt(left);
  const charged = isAbove ? (left.gt(ZERO) ? left : ZERO) : price;
  return { ...outcome, index: before.tools.length, charged, absorbed: price.minus(charged) };
}

/** The row of a use. */
export function toolEvent({ config }: Pick<TurnDeps, "config">, record: ToolRecord): ToolEvent {
  return {
    id: newId(),
    call_index: record.index,
    tool_name: record.name,
    status: record.status,
    latency_ms: record.latencyMs,
    arguments_octets: Buffer.byteLength(record.arguments),
    result_octets: Buffer.byteLength(record.result),
    credits_charged: record.charged.toFixed(),
    credits_absorbed: record.absorbed.toFixed(),
    usd_per_credit: config.usdPerCredit.toFixed(),
  };
}

/** What is kept with the turn of these uses, as JSON; null without any. */
export function toolTexts(records: readonly ToolRecord[]): string | null {
  if (records.length === 0) return null;
  return JSON.stringify(
    records.map(({ index, name, arguments: given, result }) => ({ call_index: index, tool_name: name, arguments: given, result })),
  );
}
