// What nobody paid for: answers of models whose turn had been given up, and turns whose container died, of which nobody knows whether the
// model had answered. No invariant: the ledger closes without them. It is what recovery costs.

import type * as v from "valibot";
import type { LostRevenue } from "@pantheon/contract/reports.ts";
import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { amount, format } from "@pantheon/contract/money.ts";

/** Of all time: answers known to be unpaid and what the provider asks for them; each lapsed turn may have had one more. An answer whose booking was found after all (the reply was lost, not the statement) does not count. */
export async function readLostRevenue(db: Database): Promise<v.InferInput<typeof LostRevenue>> {
  const { rows } = await sql<{ answers: string; cost: string; lapsed: string }>`
    select count(*) as answers, coalesce(sum(provider_cost_usd), 0) as cost,
           (select count(*) from turns where status = 'failed' and failure_code = 'lapsed') as lapsed
      from lost_answers l
     where not exists (select from turns t where t.id = l.turn_id and t.status = 'completed' and t.attempt = l.attempt)`.execute(db.report);
  const [row] = rows;
  return {
    answers: Number(row?.answers ?? 0),
    provider_cost_usd: format(amount(row?.cost ?? "0")),
    lapsed_turns: Number(row?.lapsed ?? 0),
  };
}
