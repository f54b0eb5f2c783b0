// Files for tests: sent to a session, and waited for until they are read.

import { expect } from "vitest";
import type { Answer, Json, TestWorld } from "./world.ts";

export type Sending = { user?: string; key?: string; filename?: string; field?: string };

/** Sends bytes or text as a file, as a browser does. */
export async function sendFile(world: TestWorld, session: string, content: string | Uint8Array, sending: Sending = {}): Promise<Answer> {
  const { user = "ada", key, filename = "notes.txt", field = "file" } = sending;
  const form = new FormData();
  form.set(field, new Blob([typeof content === "string" ? content : Uint8Array.from(content)]), filename);
  return sendForm(world, session, form, { user, ...(key !== undefined && { key }) });
}

/** Sends a form as it is. */
export async function sendForm(world: TestWorld, session: string, form: FormData, { user = "ada", key }: Sending = {}): Promise<Answer> {
  const request = new Response(form);
  return world.call("POST", `/api/v1/sessions/${session}/files`, {
    user,
    raw: new Uint8Array(await request.arrayBuffer()),
    headers: { "Content-Type": request.headers.get("content-type") ?? "" },
    ...(key !== undefined && { key }),
  });
}

/** The file as its owner sees it, once everything that came was read. */
export async function readFile(world: TestWorld, session: string, file: string, user = "ada"): Promise<Json> {
  await world.storage.settled();
  const answer = await world.call("GET", `/api/v1/sessions/${session}/files/${file}`, { user });
  expect(answer.status).toBe(200);
  return answer.json;
}

/** Sends a file, and answers it as it was read. */
export async function givenFile(world: TestWorld, session: string, content: string | Uint8Array, sending: Sending = {}): Promise<Json> {
  const sent = await sendFile(world, session, content, sending);
  expect([sent.status, sent.json?.parse_status]).toEqual([201, "pending"]);
  return readFile(world, session, sent.json.id, sending.user);
}
