// Ledger rows with their descriptions: what they are of is looked up for a whole page at once, each by its key.

import type { Database } from "../db/database.ts";
import type { LedgerKind, LedgerSource } from "@pantheon/contract/vocabulary.ts";
import { describeEntry, type Described } from "./description.ts";
import { isTaking } from "./statements/reversal-target.ts";

type Row = {
  readonly kind: LedgerKind;
  readonly source: LedgerSource;
  readonly amount: string;
  readonly reference_id: string;
  readonly created_at: Date;
};

/** The rows in their order, each with its `description`. Titles of sessions are left out for anybody but their owner. */
export async function described<Of extends Row>(
  { query }: Pick<Database, "query">,
  rows: readonly Of[],
  reader: "owner" | "admin",
): Promise<(Of & { description: string })[]> {
  const of = (source: LedgerSource) => rows.filter((row) => row.source === source).map((row) => row.reference_id);
  const turns = await turnsOf(query, of("turn"), reader);
  const reversals = await reversalsOf(query, of("reversal").map(objectOf));
  const payments = await paymentsOf(query, [...of("top_up"), ...[...reversals.values()].map((reversal) => reversal.payment)]);
  return rows.map((row) => {
    const reversal = row.source === "reversal" ? reversals.get(objectOf(row.reference_id)) : undefined;
    const found: Described = {
      ...row,
      turn: row.source === "turn" ? turns.get(row.reference_id) : undefined,
      reversal,
      payment: payments.get(reversal?.payment ?? row.reference_id),
    };
    return { ...row, description: describeEntry(found) };
  });
}

/** A reversal's reference is `<object>#<step>`. */
function objectOf(reference: string): string {
  return reference.split("#")[0] ?? "";
}

type Query = Database["query"];

async function turnsOf(query: Query, ids: readonly string[], reader: "owner" | "admin") {
  if (ids.length === 0) return new Map<string, NonNullable<Described["turn"]>>();
  const rows = await query
    .selectFrom("turns")
    .leftJoin("sessions", "sessions.id", "turns.session_id") // a call has none
    .select(["turns.id", "turns.model_alias", "sessions.title", "sessions.deleted_at"])
    .where("turns.id", "in", ids)
    .execute();
  return new Map(
    rows.map((row) => [row.id, { model_alias: row.model_alias, title: reader === "owner" && row.deleted_at === null ? row.title : null }]),
  );
}

async function reversalsOf(query: Query, objects: readonly string[]) {
  if (objects.length === 0) return new Map<string, NonNullable<Described["reversal"]> & { readonly payment: string }>();
  const rows = await query
    .selectFrom("reversals")
    .select(["object_id", "payment_intent", "kind", "state"])
    .where("object_id", "in", [...new Set(objects)])
    .execute();
  return new Map(rows.map((row) => [row.object_id, { kind: row.kind, isTaking: isTaking(row.state), payment: row.payment_intent }]));
}

async function paymentsOf(query: Query, payments: readonly string[]) {
  if (payments.length === 0) return new Map<string, NonNullable<Described["payment"]>>();
  const rows = await query
    .selectFrom("top_ups")
    .leftJoin("credit_transactions as granted", (join) =>
      join.onRef("granted.reference_id", "=", "top_ups.payment_intent").on("granted.kind", "=", "grant"),
    )
    .select(["payment_intent", "amount_usd", "currency", "received_currency", "granted.created_at as granted_at"])
    .where("payment_intent", "in", [...new Set(payments)])
    .execute();
  return new Map(
    rows.map((row) => [
      row.payment_intent ?? "",
      { amount_usd: row.amount_usd, currency: (row.received_currency ?? row.currency).toLowerCase(), granted_at: row.granted_at },
    ]),
  );
}
