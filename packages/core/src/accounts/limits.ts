// The limits of people: set by themselves or by an admin, and what is used of them. Whether a turn keeps within them only its open
// statement decides (ledger/statements/limits.ts).

import * as v from "valibot";
import { newId } from "@pantheon/contract/id.ts";
import type { LimitsInForce, LimitsSet, LimitValues } from "@pantheon/contract/limits.ts";
import { format, type Amount } from "@pantheon/contract/money.ts";
import { LIMIT_NAMES, type LimitName } from "@pantheon/contract/vocabulary.ts";
import { once, type ActingAdmin, type WrittenResponse } from "../audit/once.ts";
import type { Database } from "../db/database.ts";
import { setLimitsByAdmin as SET_BY_ADMIN, setOwnLimits as SET_OWN } from "../ledger/statements/set-limits.ts";
import { showLimits } from "../ledger/limits-in-force.ts";

/** Limits as they are asked for: what is null or left out is no limit. */
export type NewLimits = { readonly [name in LimitName]?: Amount | number | null | undefined };

type Deps = { readonly db: Database; readonly config: { readonly personLimits: string | null } };

/** Limits as a row has them: numbers as texts, by their names. */
export type StoredLimits = Readonly<Record<string, string>> | null;

/** The JSON that statements read; null when nothing is limited. */
export function storedLimits(limits: NewLimits): string | null {
  const set = LIMIT_NAMES.flatMap((name) => {
    const most = limits[name];
    if (most === null || most === undefined) return [];
    return [[name, typeof most === "number" ? String(most) : format(most)]];
  });
  return set.length === 0 ? null : JSON.stringify(Object.fromEntries(set));
}

/** Every limit by its name, as it leaves; null for what is not limited. */
export function limitsView(stored: StoredLimits): v.InferInput<typeof LimitValues> {
  const most = (name: LimitName): string | null => stored?.[name] ?? null;
  const count = (name: LimitName): number | null => (most(name) === null ? null : Number(most(name)));
  return {
    credits_per_day: most("credits_per_day"),
    credits_per_month: most("credits_per_month"),
    credits_total: most("credits_total"),
    calls_per_minute: count("calls_per_minute"),
    calls_per_hour: count("calls_per_hour"),
    running: count("running"),
  };
}

/** Replaces the limits of this wallet: its owner's own, or those by an admin. It binds the next turn. */
export function setLimits(
  db: Database,
  by: ActingAdmin,
  wallet: string,
  limits: NewLimits,
  whose: "own" | "admin",
): Promise<WrittenResponse> {
  const stored = storedLimits(limits);
  const body: v.InferInput<typeof LimitsSet> = {
    user_id: wallet,
    limits: limitsView(parsed(stored)),
  };
  return once(db, by, () => ({
    status: 200,
    body,
    run: (kept) => db.run(whose === "own" ? SET_OWN : SET_BY_ADMIN, { ...kept, wallet, limits: stored }),
  }));
}

/** What this wallet is limited to, by whom, and what is used of what counts. */
export async function readLimits({ db, config }: Deps, wallet: string): Promise<v.InferInput<typeof LimitsInForce>> {
  const [row] = await db.run(showLimits, { wallet, actor: wallet, apiKey: null, turn: newId(), defaultLimits: config.personLimits });
  const fallback = parsed(config.personLimits);
  return {
    user_id: wallet,
    own: limitsView(row?.limits_own ?? null),
    admin: limitsView({ ...fallback, ...row?.limits_set }),
    in_force: (row?.in_force ?? []).map(({ scope: _scope, ...limit }) => limit),
  };
}

function parsed(stored: string | null): StoredLimits {
  return stored === null ? null : v.parse(Stored, JSON.parse(stored));
}

const Stored = v.record(v.string(), v.string());
