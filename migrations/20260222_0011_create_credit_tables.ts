// Wallets and their ledger, and the beta grant. A wallet's rows are chained by seq and balance_after.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table credit_wallets (
      user_id    text primary key, -- no foreign key: a grant may come before its user does
      balance    numeric(18,8) not null default 0,
      held       numeric(18,8) not null default 0,
      seq        bigint not null default 0,
      created_at timestamptz not null default now(),

      constraint credit_wallets_user_id_shape check (char_length(user_id) between 1 and 64 and user_id !~ '[\\u0001-\\u001f\\u007f-\\u009f]'),
      constraint credit_wallets_balance check (balance <> 'NaN'),
      constraint credit_wallets_held check (held >= 0 and held <> 'NaN'),
      constraint credit_wallets_seq check (seq >= 0)
    );

    create table credit_transactions (
      id            uuid primary key default uuidv7(),
      user_id       text not null references credit_wallets,
      seq           bigint not null,
      kind          text not null,
      source        text not null,
      amount        numeric(18,8) not null,
      balance_after numeric(18,8) not null,
      reference_id  text not null,
      note          text,
      expires_at    timestamptz,
      created_at    timestamptz not null default clock_timestamp(),

      constraint credit_transactions_reference unique (kind, reference_id),
      constraint credit_transactions_position unique (user_id, seq),
      constraint credit_transactions_seq check (seq > 0),
      constraint credit_transactions_kind_known check (kind in ('grant', 'debit', 'refund')),
      constraint credit_transactions_source_known check (source in ('turn', 'top_up', 'admin', 'seed', 'promo', 'reversal')),
      constraint credit_transactions_sign check (
        amount <> 'NaN' and case kind when 'grant' then amount > 0 when 'debit' then amount < 0 else amount <> 0 end
      ),
      constraint credit_transactions_balance_after check (balance_after <> 'NaN'),
      constraint credit_transactions_note check (char_length(note) <= 256)
    );

    insert into credit_wallets (user_id, balance, seq) values ('11111111-1111-1111-1111-111111111111', 100, 1);

    insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id)
    values ('11111111-1111-1111-1111-111111111111', 1, 'grant', 'seed', 100, 100, 'seed:beta');
  `.execute(db);
}
