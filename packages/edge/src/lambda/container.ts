// One container of a function between requests: configuration, secrets, and what is built from them. Built with the first request, and
// again when a secret has changed; what was there before is closed when its last request has ended.

import { ConfigError, readProcessConfig, readProcessPlace, type Config } from "@pantheon/core/config/config.ts";
import { createLog } from "./cloudwatch-log.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { createSecretSource, SecretFault, type Secrets } from "./secrets.ts";

export type Container<Built> = {
  readonly log: Log;
  readonly commit: string;
  /** Does what a container may do before its first request. Never rejects: what it could not do, a request does. */
  warm(): Promise<void>;
  /** Runs `work` with what is built, as configuration and secrets stand now. Throws NotConfigured, before `work` runs. */
  use<T>(work: (built: Built) => Promise<T>): Promise<T>;
};

/** Variables are missing or wrong; the log has their names. */
export class NotConfigured extends Error {
  override readonly name = "NotConfigured";
}

/** What a container builds from its configuration, and closes when that has changed. */
type Closable = { readonly db: { close(): Promise<void> } };

type Options<Deps extends Closable, Built> = {
  readonly name: string;
  readonly connect: (surroundings: { readonly config: Config; readonly log: Log; readonly clock: Clock }) => Deps;
  readonly build: (deps: Deps) => Built;
  readonly warm?: (deps: Deps) => Promise<void>;
  readonly clock: Clock;
  /** The function's own, unless a test wants to read it. */
  readonly log?: Log;
};
type State<Deps, Built> = { readonly secrets: Secrets; readonly deps: Deps; readonly built: Built; running: number };

const NO_SECRETS: Secrets = {};

/** Reads only what this build and stage are. A wrong variable does not end the container: every request says so in the log. */
export function createContainer<Deps extends Closable, Built>(options: Options<Deps, Built>): Container<Built> {
  const { name, connect, build, warm, clock, log: given } = options;
  const { stage, commit, secretIds } = readProcessPlace();
  const log = given ?? createLog(name, stage, clock);
  const source = secretIds.length === 0 ? null : createSecretSource({ secretIds, clock, log });
  let state: State<Deps, Built> | null = null;
  let refused: Secrets | null = null;

  const closeUnused = (old: State<Deps, Built>): void => {
    if (old !== state && old.running === 0) void old.deps.db.close().catch(() => log.warn("An old pool did not close."));
  };

  /** What is built from these secrets. Wrong ones change nothing for a container that has good ones. */
  const stateFor = (secrets: Secrets): State<Deps, Built> => {
    if (state && (state.secrets === secrets || refused === secrets)) return state;
    const old = state;
    try {
      const deps = connect({ config: readProcessConfig(secrets), log, clock });
      state = { secrets, deps, built: build(deps), running: 0 };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error("The configuration is missing or wrong.", { variables: error.names.join(" ") });
      source?.doubt(old !== null);
      if (!old) throw new NotConfigured("The configuration is missing or wrong.");
      refused = secrets;
      return old;
    }
    if (old) {
      log.info("The secrets have changed: the container works with new ones.");
      closeUnused(old);
    }
    return state;
  };

  const readSecrets = async (): Promise<Secrets> => {
    try {
      return source ? await source.read() : NO_SECRETS;
    } catch (error) {
      if (!(error instanceof SecretFault)) throw error;
      log.error("The configuration is missing or wrong.", { variables: error.names.join(" "), reason: error.message });
      throw new NotConfigured("The secrets could not be read.");
    }
  };

  const using = async <T>(work: (state: State<Deps, Built>) => Promise<T>): Promise<T> => {
    const mine = stateFor(await readSecrets());
    mine.running += 1;
    try {
      return await work(mine);
    } finally {
      mine.running -= 1;
      closeUnused(mine);
    }
  };

  return {
    log,
    commit,
    use: (work) => using(({ built }) => work(built)),
    warm: () => tried(log, async () => warm && using(({ deps }) => warm(deps))),
  };
}

/** Never rejects: what could not be done ahead is done, or refused, with a request. A wrong configuration was told already. */
async function tried(log: Log, ahead: () => Promise<unknown>): Promise<void> {
  try {
    await ahead();
  } catch (error) {
    if (error instanceof NotConfigured) return;
    log.warn("The container could not be warmed.", { error: error instanceof Error ? error.name : typeof error });
  }
}
