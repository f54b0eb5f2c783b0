// A call to a model, as the gateway takes it.

import type { ModelEntry } from "./models.ts";

export type ModelCall = {
  readonly model: ModelEntry;
  /** Oldest first. */
  readonly messages: readonly ModelMessage[];
  readonly maxOutputTokens: number;
  /** For everything: the attempts, the waits between them and the answer itself. */
  readonly timeoutMs: number;
  /** Gets each piece of text as it arrives, as the provider sent it. No piece comes twice: an attempt that gave text is not repeated. Must not throw. */
  readonly onDelta?: (text: string) => void;
};

export type ModelMessage = { readonly role: "system" | "user" | "assistant"; readonly content: string };
