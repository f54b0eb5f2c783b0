// How a payment leaves quarantine: by an admin's resolution, or restored with a database that had lost its top-up. What the payment
// provider said of it is kept as it was said.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table top_ups
      add column received_minor    bigint, -- in minor units of its currency; null when nothing was said
      add column received_currency text,
      add column resolution        text,
      add column resolved_by       text, -- null when no admin did it
      add column resolved_at       timestamptz,
      add column resolution_note   text,

      drop constraint top_ups_status_known,
      drop constraint top_ups_amount,
      drop constraint top_ups_credits,

      add constraint top_ups_status_known check (
        status in ('created', 'pending', 'processing', 'succeeded', 'failed', 'canceled', 'quarantined', 'dismissed')
      ),
      -- What was set aside may be no dollars, and then buys nothing that could be shown.
      add constraint top_ups_amount check (
        amount_usd <> 'NaN' and (amount_usd > 0 or (amount_usd = 0 and quarantine_reason is not null))
      ),
      add constraint top_ups_credits check (
        credits_to_grant <> 'NaN' and (credits_to_grant > 0 or (credits_to_grant = 0 and status in ('quarantined', 'dismissed')))
      ),
      add constraint top_ups_received check (received_minor >= 0),
      add constraint top_ups_paid check (status <> 'succeeded' or payment_intent is not null),
      add constraint top_ups_resolution_known check (resolution in ('grant', 'dismiss', 'restore')),
      add constraint top_ups_resolved check (
        (resolution is null) = (resolved_at is null) and (resolved_by is null or resolution is not null)
      ),
      -- Nothing leaves quarantine by itself: what was ever set aside is still there, or was resolved.
      add constraint top_ups_quarantine check (
        case status
          when 'quarantined' then quarantine_reason is not null and resolution is null
          when 'dismissed' then quarantine_reason is not null and coalesce(resolution, '') = 'dismiss'
          when 'succeeded' then coalesce(resolution, 'none') <> 'dismiss' and (quarantine_reason is null or resolution is not null)
          else quarantine_reason is null and resolution is null
        end
      );
  `.execute(db);
}
