// One turn by its id: whole for whoever asked it, with what it cost.

import type * as v from "valibot";
import type { OwnTurn, ToolText } from "@pantheon/contract/own-usage.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Caller } from "../accounts/caller.ts";
import type { Database } from "../db/database.ts";
import { turnView } from "./history.ts";
import { readReceiptOfTurn } from "./receipt.ts";

type ToolTexts = v.InferInput<typeof ToolText>[];

/** A turn of this actor with the receipt of its debit and what its tools were asked and said. 404 for another's, for an unknown one, and for one of a session that was deleted. */
export async function readOwnTurn(db: Database, { actor, wallet }: Caller, turn: string): Promise<v.InferInput<typeof OwnTurn>> {
  const row = await db.query
    .selectFrom("turns as t")
    .leftJoin("sessions as s", "s.id", "t.session_id") // a call has none
    .select([
      "t.id",
      "t.session_id",
      "t.turn_index",
      "t.status",
      "t.model_alias",
      "t.pricing_version",
      "t.prune_triggered",
      "t.created_at",
      "t.max_output_tokens",
      "t.replaces",
    ])
    .select(["t.response_body", "t.user_input", "t.tool_texts"])
    .where("t.id", "=", turn)
    .where("t.user_id", "=", actor)
    .where("s.deleted_at", "is", null)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", "Turn not found.");
  return {
    turn: turnView({ ...row, shortened: null }),
    receipt: row.status === "completed" ? await readReceiptOfTurn(db, wallet, turn, "owner") : null,
    tool_texts: (row.tool_texts ?? []) as ToolTexts, // of our own making (tool-record.ts)
  };
}
