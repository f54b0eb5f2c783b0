// One row per tool call of a turn: that it ran, how it ended and how long it took, never what went in or came out.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tool_call_events (
      id         uuid primary key default uuidv7(),
      user_id    text not null,
      session_id uuid not null,
      turn_id    uuid not null,
      attempt    int not null,
      call_index int not null,
      tool_name  text not null,
      status     text not null,
      latency_ms int not null,
      created_at timestamptz not null default clock_timestamp(),

      constraint tool_call_events_attempt check (attempt >= 1),
      constraint tool_call_events_call_index check (call_index >= 0),
      constraint tool_call_events_latency check (latency_ms >= 0),
      constraint tool_call_events_status_known check (status in ('success', 'error'))
    );

    create index tool_call_events_turn on tool_call_events (turn_id);
  `.execute(db);
}
