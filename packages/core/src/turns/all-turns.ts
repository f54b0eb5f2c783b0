// Anybody's turns, for admins: what they were and what they cost. What people and models said is theirs, and is not read.

import { sql } from "kysely";
import type * as v from "valibot";
import type { AdminTurn, AdminTurnRead } from "@pantheon/contract/histories.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { TurnState } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";
import { createdWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";
import { readReceiptOfTurn } from "./receipt.ts";

export type AnyTurn = {
  id: string;
  user_id: string;
  session_id: string | null;
  turn_index: number | null;
  status: TurnState;
  failure_code: string | null;
  model_alias: string;
  provider_model: string | null;
  pricing_version: string | null;
  hold: string;
  attempt: number;
  would_refuse: boolean;
  over_hold: boolean;
  created_at: Date;
  completed_at: Date | null;
};

type Figures = { credits_burned: string | null; credits_charged: string | null };

/** The turns of this user of these days, by time and id, of deleted sessions too. What each cost is read for the rows of a page alone. */
export function listUserTurns(db: Database, user: string, days: Days): List<AnyTurn & Figures> {
  return listOf<AnyTurn, AnyTurn & Figures>({
    on: db.query,
    rows: turns(db).where("user_id", "=", user).where(createdWithin(days)),
    completed: (page) => sql`
      select page.*, cost.*
        from (${page}) as page
             left join lateral (select sum(credits_burned) as credits_burned, sum(credits_charged) as credits_charged
                                  from llm_call_events
                                 where turn_id = page.id
                                   and page.status = 'completed') as cost on true
       order by page.created_at desc, page.id desc`,
  });
}

/** Anybody's turn with the receipt of its debit; 404 for one that never was. */
export async function readAnyTurn(db: Database, turn: string): Promise<v.InferInput<typeof AdminTurnRead>> {
  const row = await turns(db).where("id", "=", turn).executeTakeFirst();
  if (!row) throw new DomainError("not_found", "Turn not found.");
  const figures = await db.query
    .selectFrom("llm_call_events")
    .select(({ fn }) => [fn.sum<string | null>("credits_burned").as("credits_burned")])
    .select(({ fn }) => [fn.sum<string | null>("credits_charged").as("credits_charged")])
    .where("turn_id", "=", turn)
    .executeTakeFirstOrThrow();
  const receipt = row.status === "completed" ? await readReceiptOfTurn(db, row.user_id, turn, "admin") : null;
  return { turn: anyTurnView({ ...row, ...figures }), receipt };
}

/** A turn as an admin sees it. */
export function anyTurnView(turn: AnyTurn & Figures): v.InferInput<typeof AdminTurn> {
  const isSettled = turn.status === "completed";
  return {
    ...turn,
    hold: format(amount(turn.hold)),
    credits_burned: isSettled ? format(amount(turn.credits_burned ?? "0")) : null,
    credits_charged: isSettled ? format(amount(turn.credits_charged ?? "0")) : null,
    created_at: rfc3339(turn.created_at),
    completed_at: turn.completed_at && rfc3339(turn.completed_at),
  };
}

function turns(db: Database) {
  return db.query
    .selectFrom("turns")
    .select(["id", "user_id", "session_id", "turn_index", "status", "failure_code", "model_alias", "provider_model", "pricing_version"])
    .select(["hold", "attempt", "would_refuse", "over_hold", "created_at", "completed_at"]);
}
