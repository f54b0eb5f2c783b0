// The tables of what admins did, and of the keys of requests, as Kysely sees them (schema.ts says how).

import type { ColumnType, Generated } from "kysely";

type Once<T> = ColumnType<T, T, never>;
type OnceNullable<T> = ColumnType<T | null, T | null | undefined, never>;
type OnceGenerated<T> = ColumnType<T, T | undefined, never>;

export interface AuditTables {
  admin_actions: AdminActionsTable;
  admin_reads: AdminReadsTable;
  idempotency_keys: IdempotencyKeysTable;
}

interface AdminActionsTable {
  id: OnceGenerated<string>;
  admin_id: Once<string>;
  action: Once<string>;
  target: Once<string>;
  /** jsonb: handed in as JSON text. */
  before: ColumnType<Readonly<Record<string, unknown>> | null, string | null | undefined, never>;
  after: ColumnType<Readonly<Record<string, unknown>> | null, string | null | undefined, never>;
  request_id: OnceNullable<string>;
  created_at: OnceGenerated<Date>;
}

interface AdminReadsTable {
  id: OnceGenerated<string>;
  admin_id: Once<string>;
  operation: Once<string>;
  target: OnceNullable<string>;
  request_id: Once<string>;
  created_at: OnceGenerated<Date>;
}

interface IdempotencyKeysTable {
  user_id: string;
  key: string;
  request_hash: string;
  status: number;
  body: string;
  created_at: ColumnType<Date, Date | undefined, never>;
  expired_at: Date | null;
  booked: Generated<boolean>;
}
