// The tour's program: a key, a streamed call by the `openai` package as anybody's program makes it, its receipt, and the key's end.

import OpenAI from "openai";
import type { Client } from "@pantheon/client/client.ts";
import { asksRealModels } from "./turn.ts";
import type { Outcome, Walk } from "./walk.ts";

/** A key of this user's is made, used and revoked. A real model is not asked: each call costs money. */
export async function asProgram(walk: Walk, user: string): Promise<void> {
  const { world, step, as } = walk;
  const { keys, account } = as(user);
  const made = await step("A key for programs", "POST keys", async () => {
    const key = await keys.create({ name: "A program", limits: { credits_per_day: "5" } });
    return { value: key, outcome: `${key.prefix} is shown once; 5 credits a day`, ok: key.key !== null };
  });
  const openai = new OpenAI({ baseURL: `${world.apiUrl}/v1`, apiKey: made.key ?? "", fetch: walk.fetch, maxRetries: 0 });
  if (!asksRealModels(world)) {
    const receipt = await step("By the openai package", "POST completions", () => streamed(openai));
    await step("What it cost", "GET turns/{id}", () => recomputed(account, receipt));
  }
  await step("The key is revoked", "DELETE keys/{id}", async () => {
    await keys.revoke(made.id);
    return { value: null, outcome: "in every container, at once", ok: true };
  });
  await step("The next call", "POST completions", () => refused(openai));
}

const ASKED = {
  model: "default",
  messages: [{ role: "user", content: "Who pays for this?" }],
} satisfies Partial<OpenAI.ChatCompletionCreateParams>;

/** What the product says of a call beside OpenAI's figures. */
type Priced = OpenAI.CompletionUsage & { readonly pantheon?: { readonly credits: string; readonly receipt: string } };

/** A stream to its end; the value is the receipt's id. */
async function streamed(openai: OpenAI): Promise<Outcome<string>> {
  let [chunks, paid]: [number, Priced["pantheon"]] = [0, undefined];
  for await (const chunk of await openai.chat.completions.create({ ...ASKED, stream: true, stream_options: { include_usage: true } })) {
    if (chunk.choices[0]?.delta.content) chunks += 1;
    const usage: Priced | null | undefined = chunk.usage;
    paid ??= usage?.pantheon;
  }
  return { value: paid?.receipt ?? "", outcome: `streamed in ${chunks} pieces: -${paid?.credits}`, ok: chunks > 1 && paid !== undefined };
}

async function recomputed(account: Client["account"], turn: string): Promise<Outcome<null>> {
  const { receipt } = await account.turn(turn);
  const outcome = `recomputed: matches ${receipt?.matches}, by "${receipt?.api_key_name}"`;
  return { value: null, outcome, ok: receipt?.matches === true && receipt.api_key_name === "A program" };
}

async function refused(openai: OpenAI): Promise<Outcome<null>> {
  const refusal = await openai.chat.completions.create(ASKED).then(
    () => null,
    (error: unknown) => {
      if (error instanceof OpenAI.APIError) return error;
      throw error;
    },
  );
  if (refusal === null) return { value: null, outcome: "it ran", ok: false };
  return { value: null, outcome: String(refusal.code), ok: refusal.status === 401 && refusal.code === "invalid_api_key" };
}
