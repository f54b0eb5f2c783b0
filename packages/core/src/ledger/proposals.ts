// Grants above what one admin may grant alone on a day: listed, confirmed by a second admin, or dismissed.

import type * as v from "valibot";
import type { DismissedGrant, GrantProposal } from "@pantheon/contract/booking.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { ProposalState } from "@pantheon/contract/vocabulary.ts";
import { once, type ActingAdmin, type WrittenResponse } from "../audit/once.ts";
import type { Database } from "../db/database.ts";
import { createdWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";
import { grantAlone, WALLET_FULL, withBalance, type AdminGrant } from "./grant.ts";
import { confirmGrant as CONFIRM_GRANT, dismissGrant as DISMISS_GRANT, proposeGrant as PROPOSE_GRANT } from "./statements/propose-grant.ts";
import { makeWallet as MAKE_WALLET } from "./statements/resolve-payment.ts";

type View = v.InferInput<typeof GrantProposal>;

/** Grants credits; above what one admin may grant alone on a day the grant is kept for a second one, and answered 202. */
export async function grantByAdmin(db: Database, by: ActingAdmin, grant: AdminGrant): Promise<WrittenResponse> {
  try {
    return await grantAlone(db, by, grant);
  } catch (error) {
    if (error instanceof DomainError && error.code === "second_admin_required") return proposeGrant(db, by, grant);
    throw error;
  }
}

/** Keeps a grant for a second admin; responds 202 with its id. Under a key a repeat is answered as the first was. The person is known. */
function proposeGrant(db: Database, by: ActingAdmin, { wallet, amount: credits, note }: AdminGrant): Promise<WrittenResponse> {
  const proposal = newId();
  const body = { status: "proposed", proposal_id: proposal, user_id: wallet, amount: format(credits) } as const;
  return once(db, by, () => ({
    status: 202,
    body,
    run: async (kept) => {
      await db.run(MAKE_WALLET, { wallet }); // a second admin confirms what can then be locked
      return db.run(PROPOSE_GRANT, { ...kept, proposal, wallet, note, amount: credits.toFixed() });
    },
    written: async () => ((await findProposal(db, proposal)) ? body : null),
  }));
}

/** A proposal that is resolved by somebody else is looked at again, and then says so. */
const RESOLVED = { tries: 2, refusal: () => new DomainError("conflict", "This grant was resolved meanwhile.") };

/**
 * Books a proposed grant, once. 404 for an unknown one, 409 for one that is resolved; 409 `second_admin_required` for the admin who
 * proposed it. Responds as a grant does.
 */
export function confirmGrant(db: Database, by: ActingAdmin, id: string): Promise<WrittenResponse> {
  return once(db, by, async () => {
    const { user_id: wallet, proposed_by: first } = await findOpen(db, id);
    if (first === by.actor) {
      throw new DomainError("second_admin_required", "You have proposed this grant. Another admin has to confirm it.");
    }
    const body = { user_id: wallet, transaction_id: id };
    return {
      status: 200,
      body,
      run: (kept) => db.run(CONFIRM_GRANT, { ...kept, proposal: id, wallet }),
      moved: RESOLVED,
      errors: WALLET_FULL,
      written: async () => ((await findProposal(db, id))?.resolved_by === by.actor ? withBalance(db, id, body) : null),
    };
  });
}

/** Closes a proposed grant without booking it, once. 404 for an unknown one, 409 for one that is resolved. */
export function dismissGrant(db: Database, by: ActingAdmin, id: string): Promise<WrittenResponse> {
  return once(db, by, async () => {
    const { user_id, proposed_by } = await findOpen(db, id);
    const body: v.InferInput<typeof DismissedGrant> = { id, user_id, proposed_by, status: "dismissed" };
    return {
      status: 200,
      body,
      run: (kept) => db.run(DISMISS_GRANT, { ...kept, proposal: id }),
      moved: RESOLVED,
      written: async () => {
        const now = await findProposal(db, id);
        return now?.status === "dismissed" && now.resolved_by === by.actor ? body : null;
      },
    };
  });
}

/** Credits of a proposed grant. */
export async function findAmount(db: Database, id: string): Promise<Amount> {
  const row = await db.query.selectFrom("grant_proposals").select("amount").where("id", "=", id).executeTakeFirstOrThrow();
  return amount(row.amount);
}

async function findOpen(db: Database, id: string) {
  const row = await findProposal(db, id);
  if (!row) throw new DomainError("not_found", "Grant not found.");
  if (row.status !== "proposed") throw new DomainError("conflict", `This grant was ${row.status} before.`);
  return row;
}

function findProposal(db: Database, id: string) {
  return db.query
    .selectFrom("grant_proposals")
    .select(["user_id", "proposed_by", "status", "resolved_by"])
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Of which state, to whom, proposed on which days; null is any. */
export type ProposalFilter = { readonly status: ProposalState | null; readonly user: string | null; readonly days: Days };

/** What a total is counted up to. */
const COUNTED = 10_000;

/** Proposed grants, newest first. */
export function listProposals(db: Database, { status, user, days }: ProposalFilter): List<ProposalRow> {
  const rows = db.query
    .selectFrom("grant_proposals")
    .select(["id", "user_id", "amount", "note", "status", "proposed_by", "resolved_by", "resolved_at", "created_at"])
    .where(createdWithin(days))
    .$if(status !== null, (query) => query.where("status", "=", status ?? "proposed"))
    .$if(user !== null, (query) => query.where("user_id", "=", user ?? ""));
  return listOf({ on: db.query, rows, countedTo: COUNTED });
}

type ProposalRow = Omit<View, "created_at" | "resolved_at"> & { created_at: Date; resolved_at: Date | null };

/** A proposed grant as it leaves. */
export function proposalView(row: ProposalRow): View {
  return {
    ...row,
    amount: format(amount(row.amount)),
    resolved_at: row.resolved_at && rfc3339(row.resolved_at),
    created_at: rfc3339(row.created_at),
  };
}
