// What a program came with, as programs made for OpenRouter's API ask for it: its key with the limit that ends first, or a token, which has none.

import { sql } from "kysely";
import type * as v from "valibot";
import type { DoorKey } from "@pantheon/contract/door.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, type Amount } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { Caller, CallerKey } from "../accounts/caller.ts";
import { keyRefused } from "../accounts/api-key.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { showLimits } from "../ledger/limits-in-force.ts";
import { inUsd, spentOf, type Spent } from "./spent.ts";

type Deps = { readonly db: Database; readonly config: Pick<Config, "usdPerCredit" | "personLimits"> };
type Told = v.InferInput<typeof DoorKey>;

/** What the caller came with, what was used with it, and what its key's limits leave, in USD. */
export async function readDoorKey(deps: Deps, caller: Caller): Promise<Told> {
  const { db, config } = deps;
  if (caller.key !== null) return ofKey(deps, caller, caller.key);
  const used = usedView(await spentOf(db, caller.wallet), config.usdPerCredit);
  const none = { limit: null, limit_remaining: null, limit_reset: null, expires_at: null };
  return { data: { label: "Access token", ...none, ...used, is_free_tier: false } };
}

async function ofKey({ db, config }: Deps, { actor, wallet }: Caller, { id }: CallerKey): Promise<Told> {
  const key = await db.query.selectFrom("api_keys").select(["name", "expires_at", "spent"]).where("id", "=", id).executeTakeFirst();
  if (key === undefined) throw keyRefused("unknown");
  const lately = await spentLately(db, id);
  const limit = await tightest(db, { wallet, actor, apiKey: id, turn: newId(), defaultLimits: config.personLimits });
  const usd = (credits: string) => inUsd(credits, config.usdPerCredit);
  return {
    data: {
      label: key.name,
      limit: limit && usd(limit.most),
      limit_remaining: limit && usd(limit.left),
      limit_reset: (limit && RESETS[limit.name]) ?? null,
      ...usedView({ ...lately, total: key.spent }, config.usdPerCredit),
      is_free_tier: false,
      expires_at: key.expires_at && rfc3339(key.expires_at),
    },
  };
}

/** Credits that a key's calls were charged today, since Monday and this month (UTC), tools with them. */
async function spentLately(db: Database, key: string): Promise<Pick<Spent, "day" | "week" | "month">> {
  const { rows } = await sql<Pick<Spent, "day" | "week" | "month">>`
    with
      today as (
        select date_trunc('day', clock.utc) as day, date_trunc('week', clock.utc) as week, date_trunc('month', clock.utc) as month
          from (select clock_timestamp() at time zone 'utc' as utc) as clock
      ),
      called as (
        select turn_id, attempt, min(created_at) at time zone 'utc' as at, sum(credits_charged) as charged
          from llm_call_events
         where api_key_id = ${key}::text
           and created_at >= (select least(week, month) at time zone 'utc' from today)
         group by turn_id, attempt
      ),
      spent as (
        select at, charged + coalesce((select sum(used.credits_charged)
                                         from tool_call_events as used
                                        where used.turn_id = called.turn_id and used.attempt = called.attempt), 0) as charged
          from called
      )
    select coalesce(sum(charged) filter (where at >= day), 0) as day,
           coalesce(sum(charged) filter (where at >= week), 0) as week,
           coalesce(sum(charged) filter (where at >= month), 0) as month
      from today left join spent on true`.execute(db.query);
  return rows[0] ?? { day: "0", week: "0", month: "0" };
}

const RESETS: Readonly<Record<string, string | null>> = { credits_per_day: "daily", credits_per_month: "monthly", credits_total: null };

type LimitsOf = { wallet: string; actor: string; apiKey: string; turn: string; defaultLimits: string | null };

/** Of the key's limits of credits the one that leaves least; null without any. What runs counts as used until it settles. */
async function tightest(db: Database, asked: LimitsOf) {
  const [row] = await db.run(showLimits, asked);
  const limits = (row?.in_force ?? []).filter(({ scope, name }) => scope === "key" && Object.hasOwn(RESETS, name));
  return limits.toSorted((a, b) => amount(a.left).cmp(amount(b.left)))[0] ?? null;
}

function usedView({ total, day, week, month }: Omit<Spent, "balance">, usdPerCredit: Amount) {
  const usd = (credits: string) => inUsd(credits, usdPerCredit);
  return { usage: usd(total), usage_daily: usd(day), usage_weekly: usd(week), usage_monthly: usd(month) };
}
