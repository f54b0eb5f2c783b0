// What a ledger row is, in a sentence for people. Built from figures, dates, names of models and the reader's own titles when it is read:
// nothing that somebody else wrote stands in it, and nothing of it is stored.

import { amount, format, roundHalfUp, type Amount } from "@pantheon/contract/money.ts";
import type { LedgerKind, LedgerSource, ReversalKind } from "@pantheon/contract/vocabulary.ts";

/** A ledger row, with what it is of. */
export type Described = {
  readonly kind: LedgerKind;
  readonly source: LedgerSource;
  /** Credits; less than zero was taken. */
  readonly amount: string;
  readonly created_at: Date;
  /** A turn's model, and the title of its session: null where there is none, it was deleted, or the reader is not its owner. */
  readonly turn?: { readonly model_alias: string; readonly title: string | null } | undefined;
  /** The payment that was granted, or that a refund or dispute took back from. */
  readonly payment?: { readonly amount_usd: string; readonly currency: string | null; readonly granted_at: Date | null } | undefined;
  readonly reversal?: { readonly kind: ReversalKind; readonly isTaking: boolean } | undefined;
};

/** One sentence without its full stop, such as "Chargeback of your payment of 21 Nov: 233.33 credits taken back". Days are those of UTC. */
export function describeEntry(row: Described): string {
  const moved = amount(row.amount).abs();
  const credits = `${format(moved)} ${moved.eq("1") ? "credit" : "credits"}`;
  return WORDS[row.source](row, credits);
}

const WORDS: Readonly<Record<LedgerSource, (row: Described, credits: string) => string>> = {
  turn: ({ turn }, credits) => `${turnWords(turn)}: ${credits} used`,
  top_up: ({ payment }, credits) =>
    `${payment?.currency === "usd" ? `Top-up of ${dollars(amount(payment.amount_usd))}` : "Top-up"}: ${credits} added`,
  admin: ({ kind }, credits) => (kind === "debit" ? `Taken back by an admin: ${credits}` : `Granted by an admin: ${credits} added`),
  reversal: (row, credits) => `${reversalWords(row)}: ${credits} ${row.amount.startsWith("-") ? "taken back" : "given back"}`,
  seed: (_row, credits) => `To begin with: ${credits} added`,
  promo: (_row, credits) => `A gift: ${credits} added`,
};

function turnWords(turn: Described["turn"]): string {
  if (!turn) return "Turn";
  return turn.title === null ? `Turn with ${turn.model_alias}` : `Turn with ${turn.model_alias} in “${turn.title}”`;
}

/** A row that gives back is not always the end of its refund or dispute: with several of a payment one's share may pass to another. */
function reversalWords({ reversal, payment, amount: moved, created_at: at }: Described): string {
  const day = payment?.granted_at ? ` of ${dayOf(payment.granted_at, at)}` : "";
  const of = `${reversal?.kind === "dispute" ? "Chargeback" : "Refund"} of your payment${day}`;
  if (moved.startsWith("-") || !reversal) return of;
  if (reversal.isTaking) return `${of}, counted again`;
  return reversal.kind === "dispute" ? `${of}, returned by the bank` : `${of}, which did not go through`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "21 Nov", with the year where it is not that of `seen`. */
function dayOf(day: Date, seen: Date): string {
  const year = day.getUTCFullYear();
  const words = `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()] ?? ""}`;
  return year === seen.getUTCFullYear() ? words : `${words} ${year}`;
}

function dollars(usd: Amount): string {
  return `$${roundHalfUp(usd, 2).toFixed(2)}`;
}
