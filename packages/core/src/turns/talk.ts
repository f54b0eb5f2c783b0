// What a turn and its model have said: while it goes on, and as it is settled. Data only.

import type { TurnFinish } from "@pantheon/contract/vocabulary.ts";
import type { CallRecord } from "./call-record.ts";
import type { Memory } from "./memory.ts";
import type { OpenedTurn } from "./open.ts";
import type { ToolRecord } from "./tool-record.ts";

/** All that settling needs: the turn as it was asked (with the history that the provider took), its calls and uses of tools in order, and its text. */
export type Conversation = {
  readonly turn: OpenedTurn;
  readonly calls: readonly CallRecord[];
  readonly tools: readonly ToolRecord[];
  readonly text: string;
  readonly memory: Memory;
  readonly finishReason: TurnFinish;
};

/** What has come of a conversation so far. It is kept outside of whoever asks, since it costs whatever becomes of the turn. */
export type Talk = { readonly calls: CallRecord[]; readonly tools: ToolRecord[]; text: string };
