// Which admin acts, by which request, under which key: every admin's write begins with it.

import type { ActingAdmin } from "@pantheon/core/audit/once.ts";
import { requestKey } from "@pantheon/edge/output/respond.ts";
import type { Asked } from "@pantheon/edge/shell/app-env.ts";

/** Who writes, for the audit and the key's row. `path` stands for the address where two addresses are one act. */
export function actingAdmin(c: Asked, path?: string): ActingAdmin {
  return { actor: c.var.caller.actor, requestId: c.var.requestId, key: requestKey(c, path) };
}
