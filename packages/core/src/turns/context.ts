// What a session's model would be sent before the next message, with sizes: what its owner may look into. Changes nothing, summarises nothing.

import type * as v from "valibot";
import type { SessionContext } from "@pantheon/contract/turns.ts";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { SUMMARY_QUESTION } from "../ledger/statements/history.ts";
import { keptOf } from "./past.ts";
import { gateTerms } from "./gate-terms.ts";
import type { TurnDeps } from "./request.ts";
import { sessionNotFound } from "./sessions.ts";
import { showContext } from "./statements/show-context.ts";

type View = v.InferInput<typeof SessionContext>;

/**
 * The context of a session of this actor, for its own alias and an answer of the usual length. 404 when the session is not theirs,
 * `unknown_model_alias` when its alias cannot be run.
 */
export async function readContext(deps: TurnDeps, actor: string, session: string): Promise<View> {
  const catalog = await deps.catalog.current();
  const { maxOutputTokens } = deps.config;
  const asked = {
    actor,
    session,
    alias: null,
    auto: false,
    message: "",
    messageBound: 0,
    formatOctets: 0,
    replaces: null,
    unable: [],
    maxOutputTokens,
  };
  const [row] = await deps.db.run(showContext, { ...asked, ...gateTerms(deps, catalog), coverInFull: false });
  invariant(row, "the context is one row");
  if (row.session === null) throw sessionNotFound();
  const { alias, octets, octets_per_token: density, input_tokens: tokens } = row;
  const model = alias === null ? undefined : deps.models[alias];
  if (alias === null || model === undefined || row.multiplier === null)
    throw new DomainError("unknown_model_alias", "Unknown model alias.");
  invariant(octets !== null && density !== null && tokens !== null, "an alias with a price has a size");
  return {
    session_id: session,
    model_alias: alias,
    context_window: model.contextWindow,
    max_output_tokens: maxOutputTokens,
    messages: [
      ...(row.system_prompt === null ? [] : [message("system", row.system_prompt, "system_prompt", null)]),
      ...(row.summary === null
        ? []
        : [
            message("user", SUMMARY_QUESTION, "summary", row.summary.through),
            message("assistant", row.summary.text, "summary", row.summary.through),
          ]),
      ...keptOf(row.history).flatMap(({ place, user, assistant }) => [
        message("user", user, "turn", place),
        message("assistant", assistant, "turn", place),
      ]),
    ],
    octets: Number(octets),
    octets_per_token: format(amount(density)),
    input_tokens_estimated: Number(tokens),
    room_tokens: Math.max(0, Number(row.prompt_tokens) - Number(tokens)),
    is_full: row.pruned,
  };
}

function message(
  role: View["messages"][number]["role"],
  content: string,
  source: View["messages"][number]["source"],
  place: number | null,
): View["messages"][number] {
  return { role, source, place, octets: Buffer.byteLength(content), content };
}
