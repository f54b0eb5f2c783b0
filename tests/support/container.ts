// One more container of the function `turns` beside a world: on the same database and provider, with a pool, a catalogue and a
// configuration of its own. What holds in every container at once is shown with two of them.

import type { Config } from "@pantheon/core/config/config.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Model } from "@pantheon/core/models/model.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { turnsApp } from "@pantheon/functions/turns/app.ts";
import { quietLog, type QuietLog } from "./quiet-log.ts";
import type { Answer, TestWorld } from "./world.ts";

export type Container = {
  readonly deps: Deps;
  readonly log: QuietLog;
  /** Posts a turn; `message` is "What is a wallet?" unless given. */
  turn(session: string, options?: ContainerTurn): Promise<Answer>;
  close(): Promise<void>;
};

export type ContainerTurn = {
  user?: string;
  /** Comes with this API key instead of the user's token. */
  apiKey?: string;
  key?: string;
  message?: string;
  maxOutputTokens?: number;
  alias?: string;
  more?: Readonly<Record<string, unknown>>;
  timeLeftMs?: number;
};

type ContainerOptions = {
  config?: Partial<Config>;
  models?: Readonly<Record<string, Model>>;
  maxConnections?: number;
  clock?: Clock;
  /** Instead of a quiet one, whose lines are then none. */
  log?: Log;
  onStatement?: () => void;
};

/** Nothing is connected until its first turn. `timeLeftMs` of a turn is what the function has, 29 s unless given. */
export function givenContainer(
  world: TestWorld,
  { config = {}, models, maxConnections = 4, clock = Date.now, log: given, onStatement }: ContainerOptions = {},
): Container {
  const log = quietLog();
  const deps = createDeps({
    config: { ...world.config, ...config },
    log: given ?? log,
    clock,
    maxConnections,
    models: models ?? world.deps.models,
    ...(onStatement && { onStatement }),
  });
  const app = turnsApp(deps);
  return {
    deps,
    log,
    turn: async (session, { user = "ada", apiKey, message = "What is a wallet?", timeLeftMs = 29_000, ...asked } = {}) => {
      const { key, maxOutputTokens, alias, more } = asked;
      const request = new Request(`http://container/api/v1/sessions/${session}/turns`, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${apiKey ?? (await world.issuer.token({ user }))}`,
          "Content-Type": "application/json",
          ...(key !== undefined && { "Idempotency-Key": key }),
        },
        body: JSON.stringify({
          message,
          ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
          ...(alias !== undefined && { model_alias_override: alias }),
          ...more,
        }),
      });
      const began = Date.now();
      const response = await app.fetch(request, { timeLeft: () => timeLeftMs - (Date.now() - began) });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
    },
    close: () => deps.db.close(),
  };
}

/** The configuration of a container whose one provider stands at this address; null: that has no key to any. */
export function providedBy({ providers }: Config, url: string | null): Pick<Config, "providers"> {
  return { providers: { ...providers, openrouter: { apiKey: url === null ? null : "key", baseUrl: url } } };
}
