// A person as admins deal with them: suspended, or let in again.

import type * as v from "valibot";
import type { Suspension } from "@pantheon/contract/admin.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { keyedWrite, writeOnce, type Answered, type RequestKey } from "../audit/once.ts";
import type { Database } from "../db/database.ts";
import { setSuspension as suspensionStatement } from "./statements/set-suspension.ts";

type Operator = { readonly admin: string; readonly requestId: string; readonly key: RequestKey | null };

/** Suspends a user or lets them run turns again; 404 when nobody of that id was ever here. */
export async function suspendUser(db: Database, operator: Operator, user: string, suspended: boolean): Promise<Answered> {
  const body: v.InferInput<typeof Suspension> = { user_id: user, suspended };
  const answer = { status: 200, body: JSON.stringify(body) };
  return writeOnce(db, operator.admin, operator.key, async () => {
    const input = { ...keyedWrite(operator.key, answer), admin: operator.admin, requestId: operator.requestId, user, suspended };
    const rows = await db.run(suspensionStatement, input);
    if (rows.length === 0) throw new DomainError("not_found", "User not found.");
    return answer;
  });
}
