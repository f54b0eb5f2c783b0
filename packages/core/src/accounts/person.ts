// A person: seen when they come, suspended by an admin or let in again, and what they see of their own account.

import { sql } from "kysely";
import type * as v from "valibot";
import type { Suspension } from "@pantheon/contract/admin.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { once, type ActingAdmin, type WrittenResponse } from "../audit/once.ts";
import type { Database } from "../db/database.ts";
import { walletOf, type Wallet } from "../ledger/wallet.ts";
import type { Caller } from "./caller.ts";
import { seePerson, type Standing } from "./statements/see-person.ts";
import { setSuspension as SET_SUSPENSION } from "./statements/set-suspension.ts";

/** Who calls, with the address that their token names, or null. */
export type Visitor = Caller & { readonly email: string | null };

/** Notes that a person was here, and returns how they stand. `make` makes a row of somebody new; otherwise they leave no trace. */
export async function meet(db: Database, { actor, email }: Visitor, { make }: { make: boolean }): Promise<Standing> {
  const [standing] = await db.run(seePerson, { actor, email, make });
  return standing ?? IN_GOOD_STANDING;
}

/** Makes somebody known who was never here, with an empty wallet: what a turn opens on. Whoever is known stays as they are. */
export async function meetWithWallet(db: Database, { actor, wallet, email }: Visitor): Promise<void> {
  const { meetWithWallet: statement } = await import("./statements/meet-with-wallet.ts"); // once in a person's life
  await db.run(statement, { actor, wallet, email });
}

const IN_GOOD_STANDING: Standing = { suspended: false, suspension_reason: null };

/** The refusal of whoever is suspended (contract section 3): 403. */
export function accountSuspended(): DomainError {
  return new DomainError("account_suspended", "This account is suspended.");
}

/** The caller's wallet in credits, zeros when there is none yet, and how the caller stands. Writes nothing (contract section 4). */
export async function readAccount(db: Database, { actor, wallet }: Caller): Promise<Wallet & Standing> {
  const read = await sql<Standing & { balance: string | null; held: string | null }>`
    select wallet.balance,
           wallet.held,
           person.suspended_at is not null as suspended,
           case when person.suspended_at is not null then person.suspension_reason end as suspension_reason
      from (select) as one
           left join credit_wallets as wallet on wallet.user_id = ${wallet}::text
           left join users as person on person.id = ${actor}::text`.execute(db.query);
  const { balance, held, ...standing } = read.rows[0] ?? { balance: null, held: null, ...IN_GOOD_STANDING };
  return { ...walletOf({ balance: balance ?? "0", held: held ?? "0" }), ...standing };
}

/** Suspends a person, or lets them in again with a null reason; 404 when nobody of that id was ever here. */
export function suspendUser(
  db: Database,
  by: ActingAdmin,
  person: string,
  { suspended, reason }: { suspended: boolean; reason: string | null },
): Promise<WrittenResponse> {
  const body: v.InferInput<typeof Suspension> = { user_id: person, suspended };
  return once(db, by, () => ({
    status: 200,
    body,
    run: (kept) => db.run(SET_SUSPENSION, { ...kept, person, suspended, reason }),
    refusal: (row) => (row ? null : new DomainError("not_found", "User not found.")),
  }));
}
