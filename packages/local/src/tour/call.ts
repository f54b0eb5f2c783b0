// One call of the tour over HTTP, as a user of the local world.

import type { World } from "../world.ts";

export type Call = { readonly user: string; readonly body?: object; readonly key?: string };

/** The JSON is looked into freely: a step that does not find what it expects fails. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly json: ReturnType<typeof JSON.parse> };

/** Calls `/api/v1` + `path`. */
export async function callApi(world: World, method: string, path: string, { user, body, key }: Call): Promise<Answer> {
  const response = await fetch(`${world.apiUrl}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${await world.issuer.token({ user })}`,
      ...(body && { "Content-Type": "application/json" }),
      ...(key !== undefined && { "Idempotency-Key": key }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}
