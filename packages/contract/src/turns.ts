// Sessions, turns and messages on the wire (contract section 3).

import * as v from "valibot";
import { SAMPLING_ENTRIES } from "./sampling.ts";
import { TurnRead } from "./turn-read.ts";
import { ROLES, TOOL_NAMES, TURN_MODES } from "./vocabulary.ts";
import { Count, Decimal, Id, named, page, PAGE_ENTRIES, text, Time } from "./wire.ts";

/** The most that a turn may ask for. */
export const MAX_OUTPUT_TOKENS = 8_192;

const Alias = text(1, 64);

const Tools = v.pipe(
  v.array(v.picklist(TOOL_NAMES)),
  v.check((names) => isDistinct(names), "must name each tool once"),
);

/** The most aliases that a routing call may choose among. */
const MOST_AUTO_ALIASES = 20;

const AutoAliases = v.nullable(
  v.pipe(
    v.array(Alias),
    v.minLength(1),
    v.maxLength(MOST_AUTO_ALIASES),
    v.check((names) => isDistinct(names), "must name each alias once"),
  ),
);

export const SessionCreate = named(
  "SessionCreate",
  "A new session. Its aliases must be such as can be run now. `tools` are those that its model may use: `search` of the web, and `file_read` of the session's own files.",
  v.strictObject({
    title: v.optional(v.nullable(text(1, 200)), null),
    model_alias: v.optional(Alias, "default"),
    system_prompt: v.optional(v.nullable(text(1, 32_000)), null),
    tools: v.optional(Tools, []),
    auto_aliases: v.pipe(
      v.optional(AutoAliases, null),
      v.description(
        "The aliases that may answer a turn of mode `auto`, beside the session's own; null for every one that is no dearer than that.",
      ),
    ),
  }),
);

export const SessionPath = v.strictObject({ session_id: Id });

export const SessionPatch = named(
  "SessionPatch",
  "What changes of a session, at least one member; the rest stays. It binds the turns that are asked for afterwards.",
  v.pipe(
    v.strictObject({
      title: v.optional(v.nullable(text(1, 200))),
      model_alias: v.optional(Alias),
      system_prompt: v.optional(v.nullable(text(1, 32_000))),
      tools: v.optional(Tools),
      auto_aliases: v.optional(AutoAliases),
    }),
    v.check((patch) => Object.keys(patch).length > 0, "must change something"),
    v.metadata({ minProperties: 1 }),
  ),
);

export const TurnCreate = named(
  "TurnCreate",
  "A message to the session's model. It is sent and stored trimmed.",
  v.pipe(
    v.strictObject({
      message: text(1, 32_000),
      mode: v.pipe(
        v.optional(v.picklist(TURN_MODES)),
        v.description(
          "`auto`: a cheap model chooses who answers, among the session's `auto_aliases`, and costs nothing. The turn holds for the dearest of them and is charged as the one that answered. Not beside `model_alias_override`.",
        ),
      ),
      model_alias_override: v.pipe(
        v.optional(v.nullable(Alias)),
        v.description("The alias of this turn alone; null for the session's own."),
      ),
      max_output_tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_OUTPUT_TOKENS))),
      fit_to_balance: v.pipe(
        v.optional(v.boolean()),
        v.description(
          "True: instead of a 402 the output limit is what the wallet affords, down to 64 tokens, and no more than that is charged. False: all or nothing. Left out, it is true where the stage allows no overdraft.",
        ),
      ),
      ...SAMPLING_ENTRIES,
      replaces: v.pipe(
        v.optional(Id),
        v.description(
          "A completed turn of this session that this one stands in for: the model is shown what came before that turn. Both stay; the newest of a place counts as history.",
        ),
      ),
    }),
    v.forward(
      v.check((turn) => turn.mode === undefined || turn.model_alias_override == null, "must be left out where a routing call chooses"),
      ["model_alias_override"],
    ),
  ),
);

export const Session = named(
  "Session",
  "A conversation with one model alias.",
  v.object({
    id: v.string(),
    title: v.nullable(v.string()),
    model_alias: v.string(),
    system_prompt: v.nullable(v.string()),
    tools: v.array(v.picklist(TOOL_NAMES)),
    auto_aliases: v.pipe(v.nullable(v.array(v.string())), v.description("Null: every alias that is no dearer than the session's own.")),
    started_by_user_id: v.string(),
    created_at: Time,
    deleted_at: v.nullable(Time),
  }),
);

const { system_prompt: _prompt, ...LISTED } = Session.entries;

export const ListedSession = named(
  "ListedSession",
  "A session as a list has it: its prompt is read with the session itself.",
  v.object(LISTED),
);

/** The members of a completed turn that only the settle statement knows, since they are read from the locked wallet. */
export type SettledMember = "balance_after" | "low_balance" | "completed_at";

export const Message = named(
  "Message",
  "One side of a completed turn. Its id is the turn's id and the role.",
  v.object({ id: v.string(), role: v.picklist(ROLES), content: v.string(), turn_id: v.string(), created_at: Time }),
);

export const SessionContext = named(
  "SessionContext",
  "What the session's model would be sent before the next message, and how large that is. `room_tokens` are left for that message.",
  v.object({
    session_id: v.string(),
    model_alias: v.string(),
    context_window: Count,
    max_output_tokens: v.pipe(Count, v.description("Kept free for the answer.")),
    messages: v.array(
      v.object({
        role: v.picklist(["system", "user", "assistant"]),
        source: v.picklist(["system_prompt", "summary", "turn"]),
        place: v.pipe(
          v.nullable(Count),
          v.description(
            "Where it stands in the history: the index of its turn, or of the turn that it stands in for. Of a summary the last place that it stands for.",
          ),
        ),
        octets: Count,
        content: v.string(),
      }),
    ),
    octets: v.pipe(Count, v.description("Of all messages, with what wraps each.")),
    octets_per_token: v.pipe(Decimal, v.description("As the provider counted the session's last long prompt; 4 until then.")),
    input_tokens_estimated: Count,
    room_tokens: Count,
    is_full: v.pipe(v.boolean(), v.description("Older turns no longer fit: the next turn summarises them, or leaves them out.")),
  }),
);

/** The most characters of a text in a list of previews. */
export const PREVIEW_CHARACTERS = 1_000;

/** The query of a list of what was said. */
export const TextsQuery = v.strictObject({
  ...PAGE_ENTRIES,
  texts: v.pipe(
    v.optional(v.picklist(["preview", "whole"]), "preview"),
    v.metadata({
      default: "preview",
      description: `What a row has of its texts: their first ${PREVIEW_CHARACTERS} characters, or all. Pages of whole texts end sooner.`,
    }),
  ),
});

const shortened = (...names: readonly string[]) =>
  v.pipe(
    v.optional(v.record(v.picklist(names), Count)),
    v.description("Which texts are cut in this list, and how many characters each has in all. Left out where none is."),
  );

export const ListedTurn = named(
  "ListedTurn",
  "A turn as a list has it: its texts may be cut, and are whole in the turn itself.",
  v.object({ ...TurnRead.entries, shortened: shortened("user_input", "assistant_output") }),
);

export const ListedMessage = named(
  "ListedMessage",
  "A message as a list has it: its content may be cut.",
  v.object({ ...Message.entries, shortened: shortened("content") }),
);

export const SessionList = named("SessionList", "A page of sessions, newest first.", page("sessions", ListedSession));
export const TurnList = named("TurnList", "A page of turns, newest first; running and failed ones too.", page("turns", ListedTurn));
export const MessageList = named("MessageList", "A page of messages, newest first: two a completed turn.", page("messages", ListedMessage));

function isDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
