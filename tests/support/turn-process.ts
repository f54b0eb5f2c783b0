// The script of second-process.ts: a container in a process of its own. It is told its environment first and then turns to run; it
// ends when its parent lets go of it.

import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { runTurn } from "@pantheon/core/turns/run.ts";
import { quietLog } from "./quiet-log.ts";
import { turnsApp } from "@pantheon/functions/turns/app.ts";
import type { ProcessAnswer, ProcessStream, ProcessTurn } from "./second-process.ts";

type Order = { environment: Record<string, string> } | { turn: ProcessTurn } | { stream: ProcessStream };

let deps: Deps | null = null;

process.on("message", (order: Order) => void obey(order).then((answer) => process.send?.(answer)));
process.on("disconnect", () => void deps?.db.close());

async function obey(order: Order): Promise<ProcessAnswer> {
  if ("environment" in order) {
    const template = MODELS["default"];
    const models = { ...MODELS, ...(template && { "added-later": template }) };
    deps = createDeps({ config: readConfig(order.environment), log: quietLog(), clock: Date.now, maxConnections: 2, models });
    return { ok: true, body: "" };
  }
  if (deps === null) throw new Error("a turn before the environment");
  if ("stream" in order) return firstWordsOf(deps, order.stream);
  const { alias = null, user, ...turn } = order.turn;
  const request = {
    ...turn,
    caller: inPerson(user),
    alias,
    key: null,
    maxOutputTokens: 100,
    requestId: newId(),
    fitToBalance: null,
    sampling: {},
    replaces: null,
    deadline: deps.ticks() + 20_000,
  };
  try {
    return { ok: true, body: (await runTurn(deps, request)).body };
  } catch (error) {
    return { ok: false, code: error instanceof DomainError ? error.code : String(error) };
  }
}

/** Reads a stream up to its first words, and no further. */
async function firstWordsOf(kept: Deps, { path, headers, body, timeLeftMs }: ProcessStream): Promise<ProcessAnswer> {
  const request = new Request(`http://container${path}`, { method: "POST", headers, body });
  const response = await turnsApp(kept).fetch(request, { timeLeft: () => timeLeftMs });
  const reader = response.body?.getReader();
  let read = "";
  while (!read.includes('"type":"chunk"')) {
    const part = await reader?.read();
    if (part?.value === undefined) return { ok: false, code: read };
    read += new TextDecoder().decode(part.value);
  }
  return { ok: true, body: read };
}
