// An API key that somebody made over HTTP, and the header that shows it.

import type { TestWorld } from "./world.ts";

export type GivenKey = { id: string; key: string; headers: { Authorization: string } };

/** Makes a key of this user; throws when that was refused. */
export async function givenKey(world: TestWorld, user = "ada", body: Record<string, unknown> = {}): Promise<GivenKey> {
  const made = await world.call("POST", "/api/v1/users/me/keys", { user, body: { name: "A program", ...body } });
  if (made.status !== 201) throw new Error(`no key: ${made.text}`);
  return { id: made.json.id, key: made.json.key, headers: { Authorization: `Bearer ${made.json.key}` } };
}
