// Where a request came from, as its log line tells it: enough to see that many come from one place, not enough to name a person.

import { createHmac } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import type { Config } from "@pantheon/core/config/config.ts";

/**
 * `short`: the network, 24 bits of an IPv4 address and 48 of an IPv6 one. `hash`: HMAC-SHA-256 with the stage's key, 16 characters; the same
 * address is the same text as long as the key stays. Null for `none`, and for what is no address.
 */
export function sourceOf(address: string | undefined, { how, key }: Config["logAddress"]): string | null {
  const known = address?.replace(/^::ffff:(?=\d+\.)/i, "");
  if (known === undefined || how === "none" || !(isIPv4(known) || isIPv6(known))) return null;
  if (how === "hash") return key === null ? null : createHmac("sha256", key).update(known).digest("base64url").slice(0, 16);
  return isIPv4(known) ? `${known.split(".").slice(0, 3).join(".")}.0/24` : `${first48(known)}::/48`;
}

/** The first three groups, written plainly: a run of zeros that was left out stands for as many groups as are missing. */
function first48(address: string): string {
  const [head = "", tail] = address.split("%")[0]?.toLowerCase().split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - after.length;
  return [...groups, ...Array.from({ length: Math.max(missing, 0) }, () => "0"), ...after].slice(0, 3).join(":");
}
