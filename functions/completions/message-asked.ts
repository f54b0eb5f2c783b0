// A message of Anthropic's API as it is asked for, in the one form that every provider's dialect understands.

import type * as v from "valibot";
import type { MessageBlock, MessageCreate } from "@pantheon/contract/messages.ts";
import type { Message, Part, Sampling, ToolCall } from "@pantheon/core/models/request.ts";
import type { AskedOfModel } from "./chat-asked.ts";

type Asked = v.InferOutput<typeof MessageCreate>;
type Block = v.InferOutput<typeof MessageBlock>;

/** What a message asks of a model. */
export function messageAsked(asked: Asked): AskedOfModel {
  const { tools, tool_choice: choice, system } = asked;
  const instructions = system === undefined || system === null ? "" : textOf(system);
  return {
    model: asked.model,
    messages: [...(instructions === "" ? [] : [{ role: "system", content: instructions } as const]), ...messagesOf(asked.messages)],
    tools: (tools ?? []).map(({ name, description, input_schema: parameters }) => ({ name, description: description ?? "", parameters })),
    ...(choice && { toolChoice: choice.type === "tool" ? { name: choice.name } : choice.type === "any" ? "required" : choice.type }),
    ...(choice?.disable_parallel_tool_use && { parallelToolCalls: false }),
    sampling: samplingOf(asked),
    maxOutputTokens: asked.max_tokens,
  };
}

/** Results of tools are messages of their own, before what else their turn says. */
function messagesOf(asked: Asked["messages"]): Message[] {
  const called = new Map<string, string>();
  return asked.flatMap(({ role, content }): Message[] => {
    const blocks: readonly Block[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
    if (role === "user") return userMessages(blocks, called);
    const text = blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
    const toolCalls = blocks.flatMap((block): ToolCall[] =>
      block.type === "tool_use" ? [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }] : [],
    );
    for (const { id, name } of toolCalls) called.set(id, name);
    return [{ role: "assistant", content: text, ...(toolCalls.length > 0 && { toolCalls }) }];
  });
}

function userMessages(blocks: readonly Block[], called: ReadonlyMap<string, string>): Message[] {
  const results = blocks.flatMap((block): Message[] => {
    if (block.type !== "tool_result") return [];
    const { tool_use_id: id, content, is_error: failed } = block;
    const texts =
      typeof content === "string" ? content : (content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
    return [{ role: "tool", toolCallId: id, toolName: called.get(id) ?? "tool", content: texts, ...(failed && { failed }) }];
  });
  const parts = blocks.flatMap(partsOf);
  return parts.length === 0 ? results : [...results, { role: "user", content: parts }];
}

/** Pictures among a tool's results come after them, as the user's. */
function partsOf(block: Block): Part[] {
  switch (block.type) {
    case "text":
      return [block];
    case "image":
      return [{ type: "image", mediaType: block.source.media_type, data: block.source.data }];
    case "document": {
      const { source, title } = block;
      if (source.type === "text") return [{ type: "text", text: source.data }];
      return [{ type: "file", mediaType: source.media_type, data: source.data, name: title ?? "file" }];
    }
    case "tool_result":
      return typeof block.content === "string" ? [] : (block.content ?? []).flatMap((part) => (part.type === "image" ? partsOf(part) : []));
    default:
      return [];
  }
}

function textOf(content: string | readonly { readonly text: string }[]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}

const HIGH_BUDGET = 16_000;
const MEDIUM_BUDGET = 4_000;

function samplingOf({ temperature, top_p: topP, stop_sequences: stop, thinking }: Asked): Sampling {
  const budget = thinking?.type === "enabled" ? (thinking.budget_tokens ?? MEDIUM_BUDGET) : null;
  return {
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof topP === "number" && { topP }),
    ...(stop && stop.length > 0 && { stop }),
    ...(budget !== null && { reasoningEffort: budget >= HIGH_BUDGET ? "high" : budget >= MEDIUM_BUDGET ? "medium" : "low" }),
  };
}
