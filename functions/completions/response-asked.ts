// A response of OpenAI's newer API as it is asked for, in the one form that every provider's dialect understands.

import type * as v from "valibot";
import type { ResponseCreate, ResponseItem, ResponsePart } from "@pantheon/contract/responses.ts";
import type { Message, Part, ResponseFormat, Sampling, ToolCall } from "@pantheon/core/models/request.ts";
import { invalidRequest } from "@pantheon/edge/input/faults.ts";
import type { AskedOfModel } from "./chat-asked.ts";
import { dataUrl } from "./data-url.ts";
import { effortOf } from "./effort.ts";

type Asked = v.InferOutput<typeof ResponseCreate>;
type Item = v.InferOutput<typeof ResponseItem>;
type AskedPart = v.InferOutput<typeof ResponsePart>;
type Said = string | readonly AskedPart[];

/** What a response asks of a model. 422 for a picture or file that is no `data:` URL, or that is not the user's or a tool's. */
export function responseAsked(asked: Asked): AskedOfModel {
  const { instructions, input, tools, tool_choice: choice, parallel_tool_calls: parallel } = asked;
  const given: Message[] = typeof input === "string" ? [{ role: "user", content: input }] : messagesOf(input);
  return {
    model: asked.model,
    messages: [...(instructions ? [{ role: "system", content: instructions } as const] : []), ...given],
    tools: (tools ?? []).map(({ name, description, parameters }) => ({
      name,
      description: description ?? "",
      parameters: parameters ?? { type: "object", properties: {} },
    })),
    ...(choice && { toolChoice: typeof choice === "string" ? choice : { name: choice.name } }),
    ...(typeof parallel === "boolean" && { parallelToolCalls: parallel }),
    sampling: samplingOf(asked),
    maxOutputTokens: asked.max_output_tokens ?? null,
  };
}

/**
 * Items are smaller than messages: calls belong to the assistant's words before them, and pictures that tools told come after all results
 * of their run, as the user's.
 */
function messagesOf(items: readonly Item[]): Message[] {
  const [messages, called]: [Message[], Map<string, string>] = [[], new Map()];
  let seen: Part[] = [];
  items.forEach((item, index) => {
    const path = `input.${index}`;
    if (item.type === "reasoning") return;
    if (item.type === "function_call_output") {
      const { call_id: id, output } = item;
      messages.push({ role: "tool", toolCallId: id, toolName: called.get(id) ?? "tool", content: wordsOf(output) });
      seen.push(...partsOf(output, `${path}.output`).filter(({ type }) => type !== "text"));
      return;
    }
    if (seen.length > 0) messages.push({ role: "user", content: seen });
    seen = [];
    if (item.type === "function_call") {
      const { call_id: id, name, arguments: given } = item;
      called.set(id, name);
      withCall(messages, { id, name, arguments: given });
    } else messages.push(messageOf(item, `${path}.content`));
  });
  return seen.length > 0 ? [...messages, { role: "user", content: seen }] : messages;
}

function withCall(messages: Message[], call: ToolCall): void {
  const last = messages.at(-1);
  if (last?.role !== "assistant") messages.push({ role: "assistant", content: "", toolCalls: [call] });
  else messages[messages.length - 1] = { ...last, toolCalls: [...(last.toolCalls ?? []), call] };
}

function messageOf({ role, content }: Extract<Item, { role: string }>, path: string): Message {
  if (role === "user") return { role, content: typeof content === "string" ? content : partsOf(content, path) };
  if (typeof content !== "string" && content.some(({ type }) => type === "input_image" || type === "input_file"))
    throw invalidRequest([{ path, message: "must be text: pictures and files are the user's" }]);
  return { role: role === "assistant" ? role : "system", content: wordsOf(content) };
}

function wordsOf(said: Said): string {
  if (typeof said === "string") return said;
  return said.map((part) => ("text" in part ? part.text : part.type === "refusal" ? part.refusal : "")).join("");
}

function partsOf(said: Said, path: string): Part[] {
  if (typeof said === "string") return [{ type: "text", text: said }];
  return said.map((part, index): Part => {
    const place = `${path}.${index}`;
    switch (part.type) {
      case "input_image":
        return { type: "image", ...dataUrl(part.image_url, `${place}.image_url`) };
      case "input_file":
        return { type: "file", ...dataUrl(part.file_data, `${place}.file_data`), name: part.filename ?? "file" };
      case "refusal":
        return { type: "text", text: part.refusal };
      default:
        return { type: "text", text: part.text };
    }
  });
}

function samplingOf({ temperature, top_p: topP, text, reasoning }: Asked): Sampling {
  const effort = effortOf(reasoning?.effort ?? null);
  const responseFormat = formatOf(text?.format);
  return {
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof topP === "number" && { topP }),
    ...(responseFormat !== null && { responseFormat }),
    ...(effort !== null && { reasoningEffort: effort }),
  };
}

function formatOf(format: NonNullable<Asked["text"]>["format"]): ResponseFormat | null {
  if (!format || format.type === "text") return null;
  return format.type === "json_object" ? { type: "json_object" } : { type: "json_schema", name: format.name, schema: format.schema };
}
