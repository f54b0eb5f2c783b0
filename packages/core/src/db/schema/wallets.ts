// The table of wallets, as Kysely sees it (schema.ts says how).

import type { ColumnType, Generated } from "kysely";

export interface WalletTables {
  credit_wallets: CreditWalletsTable;
}

/** numeric or int8: a decimal string on the way out and in. */
type Exact = ColumnType<string, string | undefined, string>;
/** jsonb: handed in as JSON text. */
type Limits = ColumnType<Readonly<Record<string, string>> | null, string | null | undefined, string | null>;

interface CreditWalletsTable {
  user_id: string;
  balance: Exact;
  held: Exact;
  seq: Exact;
  created_at: ColumnType<Date, Date | undefined, Date>;
  limits_own: Limits;
  limits_set: Limits;
  called_at: Date | null;
  calls_this_minute: Generated<number>;
  calls_this_hour: Generated<number>;
}
