// Row 117: names, ids and contents that a file may not have. A file is found by its id alone, its name is a label, and what is made to
// hurt its reader is a reason in words of ours.

import { expect } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { docx, lyingAbout } from "../../../support/documents.ts";
import { givenFile, sendFile } from "../../../support/given-file.ts";
import { call, givenToolSession } from "../../../support/tool-turn.ts";
import { givenSession } from "../../../support/given.ts";
import type { Attack, Row } from "../row.ts";

const PATHS = ["../../etc/passwd", "/etc/passwd", "..\\..\\windows\\win.ini", "%2e%2e%2fsecret", "files/other/secret", "a\u0000b", ""];
const LARGEST = 10 * 1_024 * 1_024;

/** What the model of a turn is told of each of these ids: never a word of a file. */
async function readsNone({ world, look }: Attack, user: string, ids: readonly string[]): Promise<void> {
  const session = await givenToolSession(world, user);
  const message = ids.map((id) => call("file_read", { file_id: id })).join("\n");
  const answer = await world.call("POST", `/api/v1/sessions/${session}/turns`, { user, body: { message, max_output_tokens: 256 } });
  look("a model that reads files that are not its session's", answer, { status: 201 });
  const own = await world.call("GET", `/api/v1/users/me/turns/${answer.json.id}`, { user });
  const told = own.json.tool_texts.map(({ result }: { result: string }) => JSON.parse(result));
  expect(told).toHaveLength(ids.length);
  for (const one of told)
    expect([one.error ?? one.result.status, JSON.stringify(one).includes("secret words")]).toEqual([
      expect.stringMatching(/^(?:tool_error|not_found)$/),
      false,
    ]);
}

async function hurtsNobody(attack: Attack): Promise<void> {
  const { world, look } = attack;
  const session = await givenSession(world, "lou");
  for (const filename of PATHS.filter((path) => path !== "" && !path.includes("\u0000"))) {
    const named = await givenFile(world, session, "secret words", { user: "lou", filename });
    expect([named.parse_status, named.text_preview]).toEqual(["completed", "secret words"]);
  }
  const inside = { "../../evil.xml": new TextEncoder().encode("<a/>"), "/etc/cron.d/evil.xml": new TextEncoder().encode("<a/>") };
  expect(await givenFile(world, session, docx(["Hello"], inside), { user: "lou" })).toMatchObject({
    parse_status: "completed",
    text_preview: "Hello",
  });
  const bomb = lyingAbout(docx(["Hello"]), "word/document.xml", 1_000_000_000);
  expect((await givenFile(world, session, bomb, { user: "lou" })).parse_status).toBe("failed");
  const lines = await givenFile(world, session, "a\n".repeat(4_000_000), { user: "lou" });
  expect([lines.parse_status, lines.is_truncated]).toEqual(["completed", true]);
  look("a file that is too large", await sendFile(world, session, "x".repeat(LARGEST + 1), { user: "lou" }), { status: 413 });
}

export const FILES: readonly Row[] = [
  {
    id: 117,
    what: "paths, somebody else's ids, archives that climb or swell, ten million bytes and more: no file but one's own, and a reason",
    story: async (attack) => {
      await hurtsNobody(attack);
      const theirs = await givenFile(attack.world, await givenSession(attack.world, "mel"), "secret words", { user: "mel" });
      const elsewhere = await givenFile(attack.world, await givenSession(attack.world, "lou"), "secret words", { user: "lou" });
      await readsNone(attack, "lou", [theirs.id, elsewhere.id, newId(), theirs.id.toUpperCase()]);
      await readsNone(attack, "lou", PATHS);
    },
  },
];
