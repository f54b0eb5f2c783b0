// What is asked of a model and what it answers, in one form for every provider. Each dialect translates from and to it.
// Knows no user, wallet or price.

import type { ReasoningEffort } from "@pantheon/contract/vocabulary.ts";
import type { Failure } from "./failure.ts";
import type { Provider } from "./model.ts";
import type { UsageReport } from "./report.ts";

export type ModelRequest = {
  /** Oldest first. The last one is a user's or a tool's: some models refuse to go on writing an answer of their own. */
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  /** Whether a tool has to be called, or which one; left out, the model decides. It says nothing where there are no tools. */
  readonly toolChoice?: ToolChoice;
  /** False: one call at a time. Not every provider can be told. */
  readonly parallelToolCalls?: boolean;
  readonly sampling: Sampling;
  readonly maxOutputTokens: number;
  /** False asks for the answer in one piece. It comes as the same events, but a connection that breaks leaves nothing of it. */
  readonly stream: boolean;
};

export type Message =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: string | readonly Part[] }
  | { readonly role: "assistant"; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: "tool"; readonly toolCallId: string; readonly toolName: string; readonly content: string; readonly failed?: boolean };

export type Part =
  | { readonly type: "text"; readonly text: string }
  /** `data` is base64. */
  | { readonly type: "image"; readonly mediaType: string; readonly data: string }
  | { readonly type: "file"; readonly mediaType: string; readonly data: string; readonly name: string };

export type Tool = { readonly name: string; readonly description: string; readonly parameters: JsonSchema };

export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

export type JsonSchema = Readonly<Record<string, unknown>>;

export type ToolCall = {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it: it may be no JSON at all. */
  readonly arguments: string;
  /** An opaque mark that only its own provider understands; for any other it is left out. */
  readonly signature?: { readonly provider: Provider; readonly value: string };
};

export type Sampling = {
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly responseFormat?: ResponseFormat;
  readonly reasoningEffort?: ReasoningEffort;
};

export type ResponseFormat =
  | { readonly type: "json_object" }
  | { readonly type: "json_schema"; readonly name: string; readonly schema: JsonSchema };

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

/** What an answer consists of, in the order in which it came. */
export type AnswerEvent =
  | { readonly type: "text"; readonly text: string }
  /** Reasoning is not sent on; its size counts when an answer is cut. */
  | { readonly type: "reasoning"; readonly octets: number }
  /** A whole call. */
  | { readonly type: "tool_call"; readonly call: ToolCall }
  /** What the provider has reported so far, all blocks together. The last one counts. */
  | { readonly type: "usage"; readonly report: UsageReport }
  /** What the provider calls the answer and the model, as far as it has said. */
  | { readonly type: "named"; readonly requestId: string | null; readonly model: string | null }
  | { readonly type: "finish"; readonly reason: FinishReason };

/** The answer broke off, or a part of it could not be read: what came before is all there is. Nothing follows. */
export type CutEvent = { readonly type: "cut"; readonly failure: Failure };

/** What a dialect reads; the last two never leave the call. */
export type ReadEvent =
  | AnswerEvent
  | { readonly type: "failure"; readonly failure: Failure }
  /** The provider has said its last word. */
  | { readonly type: "done" };
