// What a turn of an alias has cost somebody lately: for whoever is told that their credits do not suffice.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { amount, type Amount } from "@pantheon/contract/money.ts";

/** How many of the newest model calls are looked at. They are read by the index of a user's own list, whatever their alias. */
const CALLS_LOOKED_AT = 50;

/** The mean charge of this wallet's turns of `alias` among its newest model calls, in credits and not rounded; null when there are none. */
export async function usualCost(db: Database, wallet: string, alias: string): Promise<Amount | null> {
  const newest = db.query
    .selectFrom("llm_call_events")
    .select(["turn_id", "model_alias", "credits_charged"])
    .where("user_id", "=", wallet)
    .where("status", "<>", "internal")
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(CALLS_LOOKED_AT);
  const found = await db.query
    .selectFrom(newest.as("newest"))
    .select(sql<string | null>`sum(credits_charged) / nullif(count(distinct turn_id), 0)`.as("usual"))
    .where("model_alias", "=", alias)
    .executeTakeFirst();
  return found?.usual == null ? null : amount(found.usual);
}
