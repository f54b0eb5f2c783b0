// One attempt at an answer: streams it through the AI SDK and keeps what was received, however the stream ends.
// The provider is asked to stream for a JSON turn too, so there is one path, and a broken connection still leaves the text before it.

import type { Clock } from "@pantheon/contract/time.ts";
import { NO_FACTS, textOf, withChunk } from "./chunk.ts";
import type { ChunkFacts } from "./chunk.ts";
import type { ModelCall } from "./model-call.ts";
import { providerFetch } from "./provider-fetch.ts";
import { CONTEXT, ProviderFailure } from "./provider-failure.ts";
import { MAX_TEXT_OCTETS } from "./storable-text.ts";

export type Connection = { readonly apiKey: string; readonly baseUrl: string; readonly clock: Clock; readonly fetch: typeof fetch };

export type Received = { readonly text: string; readonly cut: boolean; readonly facts: ChunkFacts };

/** What an attempt has received so far: kept by the caller, who may stop waiting at any moment. */
export type Progress = { text: string; facts: ChunkFacts };

/** Asks once, and keeps `progress` up to date. Throws `ProviderFailure` when neither text nor a proper end came; leaves no connection open, whatever happens. */
export async function streamAnswer(connection: Connection, call: ModelCall, deadline: AbortSignal, progress: Progress): Promise<Received> {
  const sdk = await loadSdk();
  const leaving = new AbortController();
  const parts = openStream(sdk, connection, call, AbortSignal.any([deadline, leaving.signal]));
  progress.facts = NO_FACTS;
  progress.text = "";
  let damage: unknown = null;
  const take = (piece: string): void => {
    if (piece === "") return;
    if (progress.text.length < MAX_TEXT_OCTETS) progress.text += piece;
    call.onDelta?.(piece);
  };
  // What goes wrong after the finish (a lost connection, a usage chunk that is no JSON) has not touched the text.
  const note = (error: unknown): void => {
    if (progress.facts.finishReason === null) damage ??= error;
  };
  try {
    for await (const part of parts) {
      if (part.type === "raw") {
        progress.facts = withChunk(progress.facts, part.rawValue);
        if (progress.facts.failure !== null) note(progress.facts.failure);
      } else if (part.type === "text-delta") take(part.text);
      else if (part.type === "error" && sdk.TypeValidationError.isInstance(part.error)) take(textOf(part.error.value));
      else if (part.type === "error") note(part.error);
    }
  } catch (error) {
    note(error);
  } finally {
    leaving.abort();
  }
  const { text, facts } = progress;
  const finished = facts.finishReason !== null;
  if (text === "" && !finished) throw failureOf(facts, damage);
  return { text, cut: !finished || damage !== null, facts };
}

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

/** Loaded by the first call (the runtime keeps it). Its warnings would go to stderr, past our log. */
async function loadSdk() {
  const [{ streamText, TypeValidationError }, { createOpenAICompatible }] = await Promise.all([
    import("ai"),
    import("@ai-sdk/openai-compatible"),
  ]);
  globalThis.AI_SDK_LOG_WARNINGS = false;
  return { streamText, TypeValidationError, createOpenAICompatible };
}

/** The SDK neither retries, nor prints, nor reports to anyone: all three are ours. Raw chunks carry what it would interpret or refuse. */
function openStream(sdk: Sdk, { apiKey, baseUrl, clock, fetch }: Connection, call: ModelCall, abortSignal: AbortSignal) {
  const provider = sdk.createOpenAICompatible({
    name: call.model.provider,
    apiKey,
    baseURL: baseUrl,
    includeUsage: true,
    fetch: providerFetch(fetch, clock),
  });
  return sdk.streamText({
    model: provider.chatModel(call.model.providerModel),
    messages: [...call.messages],
    allowSystemInMessages: true,
    maxOutputTokens: call.maxOutputTokens,
    maxRetries: 0,
    abortSignal,
    include: { rawChunks: true },
    telemetry: { isEnabled: false },
    onError: () => {},
  }).fullStream;
}

function failureOf(facts: ChunkFacts, damage: unknown): ProviderFailure {
  if (damage instanceof ProviderFailure) return damage;
  if (facts.failure !== null) return new ProviderFailure(facts.failure.status, facts.failure.isContext ? CONTEXT : "error in the stream");
  return new ProviderFailure(null, damage instanceof Error ? damage.name : "no answer");
}
