// The table of API keys, as Kysely sees it (schema.ts says how).

import type { ColumnType, Generated } from "kysely";

export interface KeyTables {
  api_keys: ApiKeysTable;
}

interface ApiKeysTable {
  id: Generated<string>;
  user_id: string;
  name: string;
  prefix: string;
  hash: string;
  former_hash: string | null;
  former_until: Date | null;
  models: string[] | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  spent: ColumnType<string, string | undefined, string>;
  last_used_on: string | null;
  limits: ColumnType<Readonly<Record<string, string>> | null, string | null | undefined, string | null>;
  called_at: Date | null;
  calls_this_minute: Generated<number>;
  calls_this_hour: Generated<number>;
  spent_that_day: ColumnType<string, string | undefined, string>;
  spent_that_month: ColumnType<string, string | undefined, string>;
  acts_for_others: Generated<boolean>;
  books_usage: Generated<boolean>;
  created_at: ColumnType<Date, Date | undefined, Date>;
}
