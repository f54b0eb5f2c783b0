// What the session's model would be sent before the next message: the gate's own reading, without its lock. Writes nothing.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { conversation, reckoning, type ConversationInput } from "../../ledger/statements/conversation.ts";

export type ContextRow = {
  session: string | null;
  alias: string | null;
  multiplier: string | null;
  /** Tokens of the window that are not kept for the answer. */
  prompt_tokens: string | null;
  system_prompt: string | null;
  summary: { text: string; through: number; seen: number } | null;
  history: { place: number; user: string; assistant: string }[];
  pruned: boolean;
  octets: string | null;
  octets_per_token: string | null;
  input_tokens: string | null;
};

/** Always one row; `session` is null when it is not this actor's, `multiplier` when its alias has no price. */
export const showContext = prepared<ConversationInput, ContextRow>(
  "show_context",
  (slot) => sql`
with
  ${conversation(slot)},
  ${reckoning(slot)}
select session.id as session,
       price.alias,
       price.multiplier,
       price.tokens as prompt_tokens,
       session.system_prompt,
       (select json_build_object('text', text, 'through', through, 'seen', seen)
          from summary) as summary,
       history.messages as history,
       history.pruned,
       hold.octets,
       hold.octets_per_token,
       hold.input_tokens
  from history
       left join session on true
       left join price on true
       left join hold on true`,
);
