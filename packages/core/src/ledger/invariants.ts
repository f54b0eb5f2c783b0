// The ledger's invariants as SQL, each counting the rows that break it: zero everywhere is the promise. Reads only; one question each,
// asked of the tables themselves and never of what the product believes. What each asks stands in invariants/, by what it is about; what
// breaks one is named by its id.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { AUDIT } from "./invariants/audit.ts";
import { FILES } from "./invariants/files.ts";
import { type Patience, PATIENCE } from "./invariants/invariant.ts";
import { KEYS } from "./invariants/keys.ts";
import { PAYMENTS } from "./invariants/payments.ts";
import { TURNS } from "./invariants/turns.ts";
import { USAGE } from "./invariants/usage.ts";
import { WALLETS } from "./invariants/wallets.ts";

export type InvariantCount = {
  readonly name: string;
  readonly promise: string;
  readonly broken: number;
  /** Some of the rows that break it, by their ids: what to look at first. */
  readonly rows: string[];
};

/** How many broken rows of an invariant are named; `broken` counts them all. */
const NAMED_ROWS = 5;

const INVARIANTS = [...WALLETS, ...TURNS, ...USAGE, ...PAYMENTS, ...AUDIT, ...KEYS, ...FILES];

/**
 * Checks every invariant in one statement, so that all of them see one moment. `broken` counts rows. `patience` says what may still be
 * under way; whoever knows that nothing is passes `NO_PATIENCE`.
 */
export async function checkInvariants(db: Pick<Database, "report">, patience: Patience = PATIENCE): Promise<InvariantCount[]> {
  const { rows } = await statement(patience).execute(db.report);
  return INVARIANTS.map(({ name, promise }) => {
    const found = rows.find((row) => row.name === name);
    return { name, promise, broken: Number(found?.broken), rows: found?.named ?? [] };
  });
}

/** `patience` is there for every invariant to read. */
function statement({ bookingMs, clockMs }: Patience) {
  const counts = INVARIANTS.map(
    ({ name, broken }) => sql`
select ${sql.lit(name)} as name, count(*) as broken, (array_agg(b.row order by b.row))[:${sql.lit(NAMED_ROWS)}] as named
  from (${broken}) b`,
  );
  return sql<{ name: string; broken: string; named: string[] | null }>`
with patience as (
  select ${bookingMs}::int * interval '1 millisecond' as booking, ${clockMs}::int * interval '1 millisecond' as clock)
${sql.join(counts, sql` union all `)}`;
}
