// The request of the OpenAI chat API, as far as the stand-in provider reads it. Refuses what the API would refuse; knows nothing of answers.

/** A content of parts is read as their text: that is how a cache mark is written. */
export type ChatMessage = { readonly role: string; readonly content: string };

export type ChatRequest = {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Most tokens of answer, or null for no limit. */
  readonly maxTokens: number | null;
  readonly stream: boolean;
  /** Whether a stream ends with a usage chunk. */
  readonly includeUsage: boolean;
  /** The names of the tools that the model may call. */
  readonly tools: readonly string[];
  /** The members of the request that are read nowhere here: sampling, formats. */
  readonly options: Readonly<Record<string, unknown>>;
};

/** The request in a body, or `{ fault }` saying what the API would complain about. */
export function readChatRequest(body: string): ChatRequest | { readonly fault: string } {
  const value = parse(body);
  if (!isRecord(value)) return { fault: "The body is not a JSON object." };
  const { model, messages, stream = false, stream_options: streams, max_tokens: maxTokens = null, tools = [], ...options } = value;
  if (typeof model !== "string" || model === "") return { fault: "model must be a non-empty string." };
  if (!Array.isArray(messages) || messages.length === 0) return { fault: "messages must be a non-empty array." };
  const read = messages.map(messageOf);
  if (!read.every((message) => message !== null)) return { fault: "Every message needs a role and a text." };
  if (maxTokens !== null && !isPositive(maxTokens)) return { fault: "max_tokens must be a positive integer." };
  if (typeof stream !== "boolean") return { fault: "stream must be a boolean." };
  const includeUsage = isRecord(streams) && streams["include_usage"] === true;
  return { model, messages: read, maxTokens, stream, includeUsage, tools: toolNames(tools), options };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toolNames(tools: unknown): string[] {
  if (!Array.isArray(tools)) return [];
  const functions = tools.map((tool) => (isRecord(tool) && isRecord(tool["function"]) ? tool["function"]["name"] : null));
  return functions.filter((name) => typeof name === "string");
}

const ROLES: ReadonlySet<unknown> = new Set(["system", "user", "assistant", "tool"]);

function messageOf(value: unknown): ChatMessage | null {
  if (!isRecord(value)) return null;
  const { role } = value;
  const content = Array.isArray(value["tool_calls"]) ? (textOf(value["content"]) ?? "") : textOf(value["content"]);
  return typeof role === "string" && ROLES.has(role) && content !== null ? { role, content } : null;
}

/** Parts that are no text: pictures and files. */
const OTHER_PARTS: ReadonlySet<unknown> = new Set(["image_url", "file"]);

function textOf(content: unknown): string | null {
  if (typeof content === "string") return content;
  if (!Array.isArray(content) || content.length === 0) return null;
  const texts = content.map((part) => (isRecord(part) ? (OTHER_PARTS.has(part["type"]) ? "" : part["text"]) : null));
  return texts.every((text) => typeof text === "string") ? texts.join("") : null;
}

function isPositive(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}
