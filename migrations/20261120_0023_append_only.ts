// Usage events, ledger rows and the audit are written once: no UPDATE, no DELETE, no TRUNCATE.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% refused: % is append-only', tg_op, tg_table_name
        using errcode = 'restrict_violation', constraint = tg_name, table = tg_table_name;
    end $$;

    create trigger llm_call_events_append_only before update or delete on llm_call_events for each row execute function refuse_change();
    create trigger llm_call_events_no_truncate before truncate on llm_call_events for each statement execute function refuse_change();

    create trigger credit_transactions_append_only before update or delete on credit_transactions for each row execute function refuse_change();
    create trigger credit_transactions_no_truncate before truncate on credit_transactions for each statement execute function refuse_change();

    create trigger admin_actions_append_only before update or delete on admin_actions for each row execute function refuse_change();
    create trigger admin_actions_no_truncate before truncate on admin_actions for each statement execute function refuse_change();
  `.execute(db);
}
