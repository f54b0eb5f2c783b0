// The tour's file: a table is uploaded, becomes text, and a model that may read it is asked about it; then what that took and cost.

import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@pantheon/client/client.ts";
import { charged, type Asking } from "./turn.ts";
import type { Walk } from "./walk.ts";

const TABLE = "tea,credits\nSencha,2.5\nDarjeeling,4\n";
const QUESTION = "Which tea is the dearest?";
const LOOKS = 100;
const LOOK_MS = 50;

/** A session of its own, a file in it, a turn that reads the file, and its receipt. The stand-in model is told by its user what to call. */
export async function askingAboutAFile({ step, as, turn }: Walk & Asking, user: string): Promise<void> {
  const client = as(user);
  const session = await step("One that may read", "POST sessions", async () => {
    const { id, tools } = await client.sessions.create({ model_alias: "default", tools: ["file_read"] });
    return { value: id, outcome: `${user} lets default use ${tools.join(", ")}`, ok: tools.length === 1 };
  });
  const file = await step("A CSV is uploaded", "POST files", async () => {
    const sent = await client.files.send(session, new Blob([TABLE], { type: "text/csv" }), "teas.csv");
    return {
      value: sent.id,
      outcome: `${sent.filename}, ${TABLE.length} bytes: ${sent.parse_status}`,
      ok: sent.parse_status === "pending",
    };
  });
  await step("It becomes text", "GET files/{id}", async () => {
    const { parse_status: state, text_preview: text } = await parsed(client, session, file);
    return { value: null, outcome: `${state}: ${text?.split("\n").at(-1)}`, ok: text === "tea | credits\nSencha | 2.5\nDarjeeling | 4" };
  });
  const asked = await step("A question about it", "POST turns", async () => {
    const message = `${QUESTION}\ncall file_read ${JSON.stringify({ file_id: file })}`;
    return charged(await turn({ user, session, message }));
  });
  await step("Its calls and charge", "GET turns/{id}", async () => {
    const { receipt, tool_texts: told } = await client.account.turn(asked.id);
    const uses = asked.tool_calls.map(({ tool_name: name, status }) => `${name} (${status})`);
    const outcome = `${receipt?.lines.length} model calls, ${uses.join(", ")}: -${receipt?.total}, matches ${receipt?.matches}`;
    const isTold = told.length === 1 && told[0]?.result.includes("Darjeeling | 4") === true;
    return { value: null, outcome, ok: isTold && receipt?.matches === true && receipt.lines.length === 2 };
  });
}

/** The file as it is once it was read, or after some seconds. */
async function parsed(client: Client, session: string, file: string) {
  for (let look = 1; ; look += 1) {
    const found = await client.files.read(session, file);
    if (found.parse_status !== "pending" || look === LOOKS) return found;
    await sleep(LOOK_MS);
  }
}
