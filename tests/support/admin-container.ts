// One more container of the function `admin` beside a world: on the same database, with a pool and a configuration of its own. A
// container that comes up later is what a restart looks like.

import type { Config } from "@pantheon/core/config/config.ts";
import { createDeps } from "@pantheon/functions/whole.ts";
import { adminApp } from "@pantheon/functions/admin/app.ts";
import type { Log } from "@pantheon/core/log.ts";
import { quietLog } from "./quiet-log.ts";
import type { CallOptions, TestWorld } from "./world.ts";

export type AdminContainer = Pick<TestWorld, "call"> & { close(): Promise<void> };

export function givenAdminContainer(world: TestWorld, config: Partial<Config> = {}, log: Log = quietLog()): AdminContainer {
  const deps = createDeps({ config: { ...world.config, ...config }, log, clock: Date.now, maxConnections: 2 });
  const app = adminApp(deps);
  return {
    call: async (method, path, { user = "ada", body, key, headers }: CallOptions = {}) => {
      const sent = new Headers({ "Content-Type": "application/json", ...headers });
      if (user !== null && !sent.has("Authorization")) sent.set("Authorization", `Bearer ${await world.issuer.token({ user })}`);
      if (key !== undefined) sent.set("Idempotency-Key", key);
      const response = await app.request(`http://container${path}`, {
        method,
        headers: sent,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") ?? false;
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
    },
    close: () => deps.db.close(),
  };
}
