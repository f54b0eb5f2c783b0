// The product's dependencies as a worker uses them, with its failpoints on them: each seam says where it is, and a worker that is armed for
// that place kills itself there, as a machine dies. What is passed on is never changed.

import type { Config } from "@pantheon/core/config/config.ts";
import { exchange, type Exchange } from "@pantheon/core/models/exchange.ts";
import type { Deps } from "@pantheon/functions/whole.ts";
import { createGateway } from "@pantheon/core/models/gateway.ts";
import { reached } from "@pantheon/functions/turn-deps.ts";
import type { Seam } from "./failpoints.ts";
import { nameOf } from "./wire.ts";

/** Armed for one seam at a time; nothing is watched otherwise. */
export type Trigger = { armed: Seam | null };

/** Called at a seam. */
export function passing(trigger: Trigger, seam: Seam): void {
  if (trigger.armed === seam) process.kill(process.pid, "SIGKILL");
}

export function withFailpoints(deps: Deps, config: Config, trigger: Trigger): Deps {
  const at = (seam: Seam): void => passing(trigger, seam);
  const { log, clock, ticks } = deps;
  const gateway = createGateway({ ...reached(config), log, clock, ticks, exchange: watchedExchange(trigger) });
  const { stripe, db, catalog } = deps;
  return {
    ...deps,
    db: {
      ...db,
      run: async (statement, input) => {
        const name = nameOf(statement.name);
        at(`run:${name}:before`);
        const rows = await db.run(statement, input);
        at(`run:${name}:after`);
        return rows;
      },
    },
    catalog: {
      ...catalog,
      current: async () => {
        at("catalog:before");
        const known = await catalog.current();
        at("catalog:after");
        return known;
      },
    },
    gateway: {
      ...gateway,
      stream: async function* (call) {
        at("llm:before");
        yield* gateway.stream(call);
        at("llm:after");
      },
    },
    stripe: stripe && {
      ...stripe,
      createIntent: async (intent) => {
        at("stripe:before");
        const created = await stripe.createIntent(intent);
        at("stripe:after");
        return created;
      },
    },
  };
}

function watchedExchange(trigger: Trigger): Exchange {
  return async (url, sent) => {
    const received = await exchange(url, sent);
    passing(trigger, "llm:headers");
    if (!trigger.armed?.startsWith("llm:chunk")) return received;
    let chunks = 0;
    const read = async () => {
      const bytes = await received.read();
      if (bytes !== undefined) chunks += 1;
      if (chunks === 1) passing(trigger, "llm:chunk:1");
      if (chunks === 3) passing(trigger, "llm:chunk:3");
      return bytes;
    };
    return { ...received, read };
  };
}
