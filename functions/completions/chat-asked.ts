// A chat completion as it is asked for, in the one form that every provider's dialect understands.

import type * as v from "valibot";
import type { ChatCompletionCreate, ChatMessage } from "@pantheon/contract/completions.ts";
import type { Message, ModelRequest, Part, ResponseFormat, Sampling } from "@pantheon/core/models/request.ts";
import { dataUrl } from "./data-url.ts";
import { effortOf } from "./effort.ts";

type Asked = v.InferOutput<typeof ChatCompletionCreate>;
type AskedMessage = v.InferOutput<typeof ChatMessage>;

export type AskedOfModel = Pick<ModelRequest, "messages" | "tools" | "toolChoice" | "parallelToolCalls" | "sampling"> & {
  readonly model: string;
  readonly maxOutputTokens: number | null;
};

/** What a chat completion asks of a model. 422 for a picture or file that is no `data:` URL. */
export function chatAsked(asked: Asked): AskedOfModel {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = asked;
  return {
    model: asked.model,
    messages: messagesOf(asked.messages),
    tools: (tools ?? []).map(({ function: { name, description, parameters } }) => ({
      name,
      description: description ?? "",
      parameters: parameters ?? { type: "object", properties: {} },
    })),
    ...(choice !== undefined && choice !== null && { toolChoice: typeof choice === "string" ? choice : choice.function }),
    ...(parallel !== undefined && parallel !== null && { parallelToolCalls: parallel }),
    sampling: samplingOf(asked),
    maxOutputTokens: asked.max_completion_tokens ?? asked.max_tokens ?? null,
  };
}

/** A tool's result names its call; what was called is known from the call. */
function messagesOf(asked: readonly AskedMessage[]): Message[] {
  const called = new Map<string, string>();
  return asked.map((message, index): Message => {
    switch (message.role) {
      case "system":
      case "developer":
        return { role: "system", content: textOf(message.content) };
      case "user":
        return { role: "user", content: typeof message.content === "string" ? message.content : partsOf(message.content, index) };
      case "tool": {
        const { tool_call_id: id, content } = message;
        return { role: "tool", toolCallId: id, toolName: called.get(id) ?? "tool", content: textOf(content) };
      }
      default: {
        const toolCalls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => ({
          id,
          name,
          arguments: given,
        }));
        for (const { id, name } of toolCalls) called.set(id, name);
        return { role: "assistant", content: textOf(message.content ?? ""), ...(toolCalls.length > 0 && { toolCalls }) };
      }
    }
  });
}

type Said = string | readonly ({ readonly type: "text"; readonly text: string } | { readonly type: "refusal"; readonly refusal: string })[];

function textOf(content: Said): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : part.refusal)).join("");
}

type AskedPart = Exclude<Extract<AskedMessage, { role: "user" }>["content"], string>[number];

function partsOf(parts: readonly AskedPart[], message: number): Part[] {
  return parts.map((part, index): Part => {
    if (part.type === "text") return part;
    const path = `messages.${message}.content.${index}`;
    if (part.type === "image_url") return { type: "image", ...dataUrl(part.image_url.url, `${path}.image_url.url`) };
    return { type: "file", ...dataUrl(part.file.file_data, `${path}.file.file_data`), name: part.file.filename ?? "file" };
  });
}

function samplingOf(asked: Asked): Sampling {
  const { temperature, top_p: topP, seed, stop, response_format: format, reasoning } = asked;
  const stops = typeof stop === "string" ? [stop] : (stop ?? []);
  const effort = effortOf(asked.reasoning_effort ?? reasoning?.effort ?? (reasoning?.enabled === false ? "none" : null));
  const responseFormat = formatOf(format);
  return {
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof topP === "number" && { topP }),
    ...(typeof seed === "number" && { seed }),
    ...(stops.length > 0 && { stop: stops }),
    ...(responseFormat !== null && { responseFormat }),
    ...(effort !== null && { reasoningEffort: effort }),
  };
}

function formatOf(format: Asked["response_format"]): ResponseFormat | null {
  if (format === null || format === undefined || format.type === "text") return null;
  if (format.type === "json_object") return { type: "json_object" };
  const { name, schema } = format.json_schema;
  return { type: "json_schema", name, schema: schema ?? {} };
}
