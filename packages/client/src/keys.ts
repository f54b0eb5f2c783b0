// The client's API keys: made, changed, rotated, revoked and listed by their owner, who calls with a token: no key reaches them.

import type * as keys from "@pantheon/contract/keys.ts";
import { ask, listing, path, succeed, type Sent } from "./calls.ts";
import type { CallOptions, Send } from "./transport.ts";

const KEYS = "/api/v1/users/me/keys";

/** The calls of `client.keys`. */
export function keysClient(send: Send) {
  return {
    /** The response has the key itself, this once. */
    create: (key: Sent<typeof keys.ApiKeyCreate>, more: CallOptions = {}) =>
      ask<typeof keys.ApiKeyMade>(send, { ...more, method: "POST", path: KEYS, body: key }),
    /** Changes what is given; null clears it. It binds the next call. */
    patch: (key: string, change: Sent<typeof keys.ApiKeyPatch>, more: CallOptions = {}) =>
      ask<typeof keys.ApiKey>(send, { ...more, method: "PATCH", path: path`/api/v1/users/me/keys/${key}`, body: change }),
    /** The response has the new key itself, this once. The one before stays good for `overlap_seconds`, an hour unless given. */
    rotate: (key: string, how: Sent<typeof keys.ApiKeyRotate> = {}, more: CallOptions = {}) =>
      ask<typeof keys.ApiKeyMade>(send, { ...more, method: "POST", path: path`/api/v1/users/me/keys/${key}/rotate`, body: how }),
    /** For good. Calls that run already settle. */
    revoke: async (key: string, more: CallOptions = {}): Promise<void> => {
      await succeed(send, { ...more, method: "DELETE", path: path`/api/v1/users/me/keys/${key}` });
    },
    ...listing<typeof keys.ApiKeyList, "keys">(send, KEYS, "keys"),
  };
}

/** The calls of `client.admin.keys`: everybody's. */
export function adminKeysClient(send: Send) {
  return {
    /** Lets a key act for others, or book usage after the fact; what is left out stays. */
    patch: (key: string, rights: Sent<typeof keys.ApiKeyRights>, more: CallOptions = {}) =>
      ask<typeof keys.AdminApiKey>(send, { ...more, method: "PATCH", path: path`/api/v1/admin/keys/${key}`, body: rights }),
    revoke: async (key: string, more: CallOptions = {}): Promise<void> => {
      await succeed(send, { ...more, method: "DELETE", path: path`/api/v1/admin/keys/${key}` });
    },
    ...listing<typeof keys.AdminApiKeyList, "keys", { readonly user_id?: string }>(send, "/api/v1/admin/keys", "keys"),
  };
}
