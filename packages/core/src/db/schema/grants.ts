// The tables of what admins grant, as Kysely sees them (schema.ts says how).

import type { ColumnType } from "kysely";
import type { ProposalState } from "@pantheon/contract/vocabulary.ts";

export interface GrantTables {
  admin_grant_days: AdminGrantDaysTable;
  grant_proposals: GrantProposalsTable;
}

interface AdminGrantDaysTable {
  admin_id: string;
  day: ColumnType<string, string, never>;
  credits: string;
  most: string | null;
}

interface GrantProposalsTable {
  id: string;
  user_id: string;
  amount: string;
  note: string | null;
  proposed_by: string;
  status: ColumnType<ProposalState, ProposalState | undefined, ProposalState>;
  resolved_by: string | null;
  resolved_at: Date | null;
  created_at: ColumnType<Date, Date | undefined, never>;
}
