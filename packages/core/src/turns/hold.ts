// A hold as its row has it: a turn whose model ran elsewhere. Owns who may reach it, and how it leaves.

import type * as v from "valibot";
import type { Hold, HoldSettled } from "@pantheon/contract/holds.ts";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { rfc3339, type Ticks } from "@pantheon/contract/time.ts";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import type { Caller } from "../accounts/caller.ts";
import type { Database } from "../db/database.ts";
import type { TurnDeps } from "./request.ts";
import { receiptLine } from "./receipt-line.ts";

export type HoldDeps = Pick<TurnDeps, "config" | "db" | "log" | "clock"> & { readonly ticks: Ticks };

/** The row of a hold that this caller may reach, with the weights of its pricing version. */
export type HoldRow = Awaited<ReturnType<typeof readHold>>;

/**
 * The hold of this id. 404 for what is none, and for what is not the caller's: a key reaches the holds that it opened, somebody in person
 * those of their own wallet, and of those that a key opened for somebody else the owner of that key.
 */
export async function readHold(db: Database, caller: Caller, id: string) {
  const row = await rows(db).where("turn.id", "=", id).executeTakeFirst();
  if (row === undefined || !isReachedBy(caller, row)) throw new DomainError("not_found", "Hold not found.");
  return row;
}

/** The hold, or the booking, that stands under this person's key; null when there is none. */
export async function holdUnderKey(db: Database, person: string, key: string) {
  const row = await rows(db).where("turn.user_id", "=", person).where("turn.idempotency_key", "=", key).executeTakeFirst();
  return row ?? null;
}

function rows(db: Database) {
  return db.query
    .selectFrom("turns as turn")
    .innerJoin("pricing_versions as version", "version.version", "turn.pricing_version")
    .select(["turn.id", "turn.user_id", "turn.status", "turn.attempt", "turn.hold", "turn.model_alias", "turn.multiplier"])
    .select(["turn.api_key_id", "turn.acted_by", "turn.opened_until", "turn.created_at", "turn.response_body", "turn.max_output_tokens"])
    .select(["turn.pricing_version", "turn.pricing_revision", "turn.prune_triggered"])
    .select(["version.weight_fresh", "version.weight_cached", "version.weight_output", "version.oe_per_credit"])
    .where("turn.origin", "is not", null);
}

type Reached = { readonly user_id: string; readonly api_key_id: string | null; readonly acted_by: string | null };

function isReachedBy({ actor, key }: Caller, hold: Reached): boolean {
  if (key !== null) return hold.api_key_id === key.id;
  return (hold.acted_by ?? hold.user_id) === actor;
}

/** A hold as its opening was answered, whatever became of it since. */
export function holdView({ id, hold, opened_until: until }: Pick<HoldRow, "id" | "hold" | "opened_until">): v.InferInput<typeof Hold> {
  invariant(until, "a hold was given until some time");
  return { id, hold: format(amount(hold)), expires_at: rfc3339(until) };
}

/** A hold that is settled: the figures of the response that is stored, and the line of its receipt. The same for ever. */
export async function settledView(db: Database, { id, response_body: body }: Pick<HoldRow, "id" | "response_body">) {
  invariant(body, "what is settled has its response");
  const stored = JSON.parse(body) as v.InferInput<typeof TurnRead>; // of our own making
  const { usage, credits_charged: charged, credits_burned: burned, balance_after: balance, completed_at: at } = stored;
  invariant(charged !== null && burned !== null && balance !== null && at !== null, "what is settled has its figures");
  const view: v.InferInput<typeof HoldSettled> = {
    id,
    model_alias: stored.model_alias_used,
    usage,
    credits_charged: charged,
    credits_burned: burned,
    balance_after: balance,
    low_balance: stored.low_balance ?? false,
    receipt: receiptLine(await eventOf(db, id)),
    settled_at: at,
  };
  return view;
}

/** The usage event of a settled hold: there is one. */
export async function eventOf(db: Database, id: string) {
  return db.query.selectFrom("llm_call_events").selectAll().where("turn_id", "=", id).executeTakeFirstOrThrow();
}

/** 409: its time was over, or it was voided. What it stood for is not charged, and this id never will be. */
export function holdOver(): DomainError {
  const detail =
    "This hold is over: its lease ended, or it was voided. Nothing was charged. To charge for it, open another hold and settle that, or book the usage if your key may.";
  return new DomainError("hold_expired", detail);
}
