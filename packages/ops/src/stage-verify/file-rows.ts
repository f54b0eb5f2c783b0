// A file and a tool, once through: a small table is sent, becomes text, is read by a turn's model, and is deleted again. What it leaves
// behind is a turn's debit.

import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { Decimal } from "@pantheon/contract/wire.ts";
import { read, statusLine } from "./answer.ts";
import type { Stage } from "./stage.ts";
import { openSession } from "./turn-calls.ts";

const TABLE = "what,state\nstage,ready\n";
const TEXT = "what | state\nstage | ready";
const LOOKS = 60;
const LOOK_MS = 1_000;

/** A stage may keep no files: that is said and not red. */
export async function fileRows(stage: Stage): Promise<void> {
  const { ask, evidence } = stage;
  const opened = { id: "file.session", what: "a session whose model may read files is opened", expected: "201" };
  const session = await evidence.check(opened, [], () => openSession(stage, "user", ["file_read"]));
  let isClosed = false;
  const head = { id: "file.sent", what: "a small CSV is sent to it", expected: "201 pending; 503 where no files are kept" };
  const file = await evidence.check(head, [session], async (id) => {
    const answer = await ask("POST", filesOf(id), { as: "user", form: formOf(TABLE), key: `stage-verify:${stage.run}:file` });
    isClosed = answer.status === 503 && statusLine(answer).startsWith("503 not_configured");
    if (isClosed) return { ok: true, seen: statusLine(answer), answer };
    const { id: sent, parse_status: state } = read(answer, 201, FileView);
    return { ok: state === "pending", seen: `201 ${state}`, value: sent, answer };
  });
  const open: Stage = { ...stage, evidence: evidence.skipping(isClosed ? "the stage keeps no files" : null) };
  await readRow(open, session, file);
  await turnRow(open, session, file);
  await deletedRow(open, session, file);
}

function filesOf(session: string): string {
  return `/api/v1/sessions/${encodeURIComponent(session)}/files`;
}

function formOf(text: string): FormData {
  const form = new FormData();
  form.set("file", new Blob([text], { type: "text/csv" }), "stage-verify.csv");
  return form;
}

function readRow({ ask, evidence, signal }: Stage, session: string | null, file: string | null): Promise<null> {
  const head = { id: "file.read", what: "it becomes text", expected: "completed within a minute, a line for each row" };
  return evidence.check(head, [session, file], async (id, sent) => {
    for (let look = 1; ; look += 1) {
      const answer = await ask("GET", `${filesOf(id)}/${encodeURIComponent(sent)}`, { as: "user" });
      const { parse_status: state, text_preview: text } = read(answer, 200, FileRead);
      if (state !== "pending" || look === LOOKS) {
        return { ok: state === "completed" && text === TEXT, seen: `${state}, ${text === TEXT ? "its rows" : "another text"}`, answer };
      }
      await sleep(LOOK_MS, undefined, { signal });
    }
  });
}

/** The stand-in model does what the last line says; any other understands it. */
function turnRow({ ask, evidence, run }: Stage, session: string | null, file: string | null): Promise<null> {
  const head = {
    id: "file.turn",
    what: "a turn's model reads it by its tool",
    expected: "201 completed, file_read success, and a receipt that matches",
  };
  return evidence.check(head, [session, file], async (id, sent) => {
    const message = `What is the state of the stage? Use your tool, and answer with one word.\ncall file_read {"file_id":"${sent}"}`;
    const body = { message, max_output_tokens: 128 };
    const path = `/api/v1/sessions/${encodeURIComponent(id)}/turns`;
    const answer = await ask("POST", path, { as: "user", body, key: `stage-verify:${run}:file-turn` });
    const { id: turn, status, tool_calls: uses, credits_charged: charged } = read(answer, 201, TurnView);
    const own = read(await ask("GET", `/api/v1/users/me/turns/${encodeURIComponent(turn)}`, { as: "user" }), 200, OwnTurn);
    const used = uses.map((use) => `${use.tool_name} ${use.status}`).join(", ") || "no tool";
    const isRead = uses.some((use) => use.tool_name === "file_read" && use.status === "success");
    const ok = status === "completed" && isRead && own.receipt?.matches === true && own.receipt.total === charged;
    return { ok, seen: `201 ${status}, ${used}, charged ${charged}, matches ${own.receipt?.matches ?? "nothing"}`, answer };
  });
}

function deletedRow({ ask, evidence }: Stage, session: string | null, file: string | null): Promise<null> {
  const head = { id: "file.deleted", what: "it is deleted", expected: "204, and then 404", always: true };
  return evidence.check(head, [session, file], async (id, sent) => {
    const path = `${filesOf(id)}/${encodeURIComponent(sent)}`;
    const answer = await ask("DELETE", path, { as: "user" });
    const after = await ask("GET", path, { as: "user" });
    return { ok: answer.status === 204 && after.status === 404, seen: `${statusLine(answer)}, then ${statusLine(after)}`, answer };
  });
}

const FileView = v.object({ id: v.string(), parse_status: v.string() });
const FileRead = v.object({ parse_status: v.string(), text_preview: v.nullable(v.string()) });
const TurnView = v.object({
  id: v.string(),
  status: v.string(),
  credits_charged: Decimal,
  tool_calls: v.array(v.object({ tool_name: v.string(), status: v.string() })),
});
const OwnTurn = v.object({ receipt: v.nullable(v.object({ matches: v.boolean(), total: Decimal })) });
