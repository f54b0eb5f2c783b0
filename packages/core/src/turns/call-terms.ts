// What a call asks for, made into what its model can do: which alias a name means, what of the sampling is sent, how much may be answered, and
// how large the prompt is. Pure. Programs send the same request to every model, so what a model does not know is left out, and only what the
// answer depends on is refused.

import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { OCTETS_PER_MESSAGE } from "../ledger/statements/history.ts";
import { OCTETS_PER_TOKEN } from "../ledger/statements/conversation.ts";
import { inputEstimate } from "../metering/estimate.ts";
import { tokenBound } from "../metering/token-bound.ts";
import { unsupported } from "../models/capable.ts";
import type { Model } from "../models/model.ts";
import type { Message, ModelRequest, Part, Sampling } from "../models/request.ts";
import { LIMITS, type Brought } from "./request.ts";

export type CallTerms = {
  readonly alias: string;
  readonly sampling: Sampling;
  readonly maxOutputTokens: number;
  readonly brought: Brought;
};

type Asked = Pick<ModelRequest, "messages" | "tools" | "toolChoice" | "parallelToolCalls" | "sampling"> & {
  /** An alias, or a provider's own name of a model that some alias leads to. */
  readonly model: string;
  /** Null where nothing was said. */
  readonly maxOutputTokens: number | null;
};

/** Where nothing was said: long enough for a file, and no more than a model gives. */
const USUAL_OUTPUT_TOKENS = 16_384;

/** 404 `unknown_model_alias`, 422 `unsupported_by_model` for tools, pictures and formats, `context_budget_exceeded` when the prompt leaves no room. */
export function callTerms(models: Readonly<Record<string, Model>>, asked: Asked): CallTerms {
  const { model: name, sampling, maxOutputTokens, ...rest } = asked;
  const alias = aliasOf(models, name);
  const model = alias === null ? undefined : models[alias];
  if (alias === null || model === undefined) throw unknownModel(name);
  refuseParts(model, asked);
  const size = sizeOf(asked);
  return {
    alias,
    sampling: fitting(model, sampling),
    maxOutputTokens: outputLimit(model, maxOutputTokens, size.octets),
    brought: { ...rest, ...size },
  };
}

/** How many tokens the prompt of a call is taken for when it opens: an estimate of ours. 404 `unknown_model_alias`. */
export function promptTokens(models: Readonly<Record<string, Model>>, asked: Asked): number {
  if (aliasOf(models, asked.model) === null) throw unknownModel(asked.model);
  return inputEstimate(sizeOf(asked).octets, OCTETS_PER_TOKEN);
}

function unknownModel(name: string): DomainError {
  return new DomainError("unknown_model_alias", `The model ${shown(name)} does not exist.`);
}

/** An alias is itself; a provider's name, with or without the provider before it, is the first alias that has such a route. */
export function aliasOf(models: Readonly<Record<string, Model>>, name: string): string | null {
  if (Object.hasOwn(models, name)) return name;
  const found = Object.entries(models).find(([, { routes }]) =>
    routes.some(({ provider, model }) => model === name || `${provider}/${model}` === name),
  );
  return found?.[0] ?? null;
}

/** A name is repeated to its sender, as far as it is short and plain. */
function shown(name: string): string {
  return /^[\x20-\x7e]{1,100}$/.test(name) ? `"${name}"` : "of that name";
}

function refuseParts({ capabilities }: Model, { messages, tools, sampling }: Asked): void {
  const parts = messages.flatMap(({ content }): readonly Part[] => (typeof content === "string" ? [] : content));
  const faults = [
    ...(tools.length > 0 && !capabilities.tools ? ["tools"] : []),
    ...(parts.some(({ type }) => type !== "text") && !capabilities.images ? ["messages"] : []),
    ...(sampling.responseFormat && !capabilities.responseFormats.includes(sampling.responseFormat.type) ? ["response_format"] : []),
  ];
  if (faults.length === 0) return;
  const errors = faults.map((path) => ({ path, message: "is not supported by this model" }));
  throw new DomainError("unsupported_by_model", `This model does not support ${faults.join(", ")} as asked for.`, { errors });
}

/** What of the sampling the model can do; a temperature above its highest is its highest. */
function fitting({ capabilities }: Model, asked: Sampling): Sampling {
  const temperature = asked.temperature === undefined ? {} : { temperature: Math.min(asked.temperature, capabilities.temperatureMax) };
  const sampling = { ...asked, ...temperature };
  const left = new Set(unsupported(capabilities, sampling).map(({ path }) => path));
  const names = { temperature: "temperature", top_p: "topP", stop: "stop", seed: "seed", reasoning_effort: "reasoningEffort" } as const;
  const kept = Object.entries(names).filter(([path]) => !left.has(path));
  const { responseFormat } = sampling;
  return {
    ...Object.fromEntries(kept.flatMap(([, name]) => (sampling[name] === undefined ? [] : [[name, sampling[name]]]))),
    ...(responseFormat && { responseFormat }),
  };
}

/** What was asked for, or the usual; never more than the model gives, nor than its window leaves. */
function outputLimit(model: Model, asked: number | null, octets: number): number {
  const room = model.contextWindow - Math.ceil(octets / OCTETS_PER_TOKEN);
  const most = Math.min(asked ?? USUAL_OUTPUT_TOKENS, model.outputLimit, room);
  const least = Math.min(asked ?? USUAL_OUTPUT_TOKENS, LIMITS.leastCallOutputTokens);
  if (most >= least) return most;
  const detail = `This model's maximum context length is ${model.contextWindow} tokens, and the messages leave no room for an answer.`;
  throw new DomainError("context_budget_exceeded", detail);
}

/** What a picture takes at the providers that take most; none tells before. A page of a document takes as much, and some twenty octets a token. */
const PICTURE_TOKENS = 1_600;
const DOCUMENT_OCTETS_PER_TOKEN = 20;

function sizeOf({ messages, tools, sampling }: Asked): Pick<Brought, "octets" | "bound"> {
  const format = sampling.responseFormat?.type === "json_schema" ? [JSON.stringify(sampling.responseFormat.schema)] : [];
  const texts = [...messages.flatMap(textsOf), ...tools.map((tool) => JSON.stringify(tool)), ...format];
  const seen = messages.reduce((sum, { content }) => sum + (typeof content === "string" ? 0 : content.reduce(addTokens, 0)), 0);
  const wraps = (messages.length + tools.length + 1) * OCTETS_PER_MESSAGE;
  const octets = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + seen * OCTETS_PER_TOKEN + wraps;
  const bound = texts.reduce((sum, text) => sum + tokenBound(text), 0) + seen + wraps;
  invariant(Number.isSafeInteger(octets) && Number.isSafeInteger(bound), "sizes are whole numbers");
  return { octets, bound };
}

function textsOf(message: Message): string[] {
  const { content } = message;
  const said = typeof content === "string" ? [content] : content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const calls = message.role === "assistant" ? (message.toolCalls ?? []).flatMap((call) => [call.name, call.arguments]) : [];
  return [...said, ...calls];
}

function addTokens(sum: number, part: Part): number {
  if (part.type === "text") return sum;
  if (part.type === "image") return sum + PICTURE_TOKENS;
  const octets = Math.ceil((part.data.length * 3) / 4);
  return sum + Math.max(PICTURE_TOKENS, Math.ceil(octets / DOCUMENT_OCTETS_PER_TOKEN));
}
