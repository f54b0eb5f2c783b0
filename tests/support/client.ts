// The product's own client against a test's world. Tests that need raw bytes, stray headers, or a response whatever it is use
// `world.call` instead.

import { createClient, type Client } from "@pantheon/client/client.ts";
import type { ClientOptions } from "@pantheon/client/transport.ts";
import type { TestWorld } from "./world.ts";

/** A client as this user (null: without a token). It sends every call once unless told otherwise. */
export function clientOf(world: Pick<TestWorld, "apiUrl" | "issuer">, user: string | null, options: Partial<ClientOptions> = {}): Client {
  const token = user === null ? null : () => world.issuer.token({ user });
  return createClient({ url: world.apiUrl, token, retry: false, ...options });
}
