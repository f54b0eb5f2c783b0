// Who is offered at the local sign-in: an account, an operator, and whoever was here last.

import type { Database } from "@pantheon/core/db/database.ts";
import type { Issuer } from "@pantheon/stand-ins/issuer.ts";
import type { Known } from "@pantheon/stand-ins/sign-in/page.ts";

/** The local world's own operator, whom the tour uses, too. */
export const OPERATOR = "operator";

const ALWAYS = ["me", OPERATOR];
const SHOWN = 8;

/** The people to choose from; makes the one operator that is always offered. */
export function peopleOf(db: Database, issuer: Issuer): () => Promise<readonly Known[]> {
  return async () => {
    issuer.addAdmin(OPERATOR);
    const rows = await db.query.selectFrom("users").select("id").orderBy("created_at", "desc").limit(SHOWN).execute();
    const ids = [...new Set([...ALWAYS, ...rows.map(({ id }) => id)])].slice(0, SHOWN);
    return ids.map((user) => ({ user, isAdmin: issuer.adminUserIds.has(user) }));
  };
}
