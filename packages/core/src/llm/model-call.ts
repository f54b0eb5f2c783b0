// A call to a model, as the gateway takes it.

import type { ModelAnswer } from "./model-answer.ts";
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
  /** Gets what had been received of a call that is then refused: the provider asks for it, and nobody is answered. Must not throw. */
  readonly onLost?: (received: ModelAnswer) => void;
};

export type ModelMessage = { readonly role: "system" | "user" | "assistant"; readonly content: string };
