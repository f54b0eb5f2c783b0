// Sending a file to a session: a form, since a browser knows how.

import { signInEnded } from "../session/session.ts";
import { refusalOf, send } from "./client.ts";

/** The same key keeps the file once, however often it is sent. Throws Refused with the API's words. */
export async function sendFile(session: string, file: File, key: string): Promise<void> {
  const form = new FormData();
  form.set("file", file);
  const response = await send("POST /sessions/{id}/files", { path: { id: session }, form }, { key });
  if (response.status === 401) signInEnded();
  if (!response.ok) throw await refusalOf(response);
}
