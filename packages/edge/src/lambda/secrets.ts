// The secret variables that a function may read, as Secrets Manager keeps them: one JSON object each. Owns when they are asked for, how long
// their word holds, and what is logged of a fault: names, never a value. What the values mean is config.ts.

import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { VARIABLES } from "@pantheon/core/config/variables.ts";
import type { Log } from "@pantheon/core/log.ts";
import { elapsed, type Clock } from "@pantheon/contract/time.ts";
import { fetchSecret, type FetchSecret } from "./secrets-manager.ts";

export type Secrets = Readonly<Record<string, string>>;

export type SecretSource = {
  /**
   * The variables, as they were at most 5 minutes ago: the same object as long as nothing changed. Throws SecretFault when there is
   * nothing to go on with.
   */
  read(): Promise<Secrets>;
  /** What was read is of no use: it is asked for again soon, sooner when nothing else works. */
  doubt(works: boolean): void;
};

/** The secret cannot be read, or not be understood. `names` are fit for a log line. */
export class SecretFault extends Error {
  override readonly name = "SecretFault";
  readonly names: readonly string[];
  constructor(names: readonly string[], reason: string) {
    super(reason);
    this.names = names;
  }
}

type Source = { secretIds: readonly string[]; clock: Clock; log: Log; fetch?: FetchSecret };
type Kept = { secrets: Secrets; text: string } | null;

/** Asks nothing yet: the first reading does. Readings that overlap are one. */
export function createSecretSource({ secretIds, clock, log, fetch = fetchSecret }: Source): SecretSource {
  let kept: Kept = null;
  /** What was found last, and how long it is gone by without asking again. */
  let last: { at: number; holdsMs: number; fault: unknown } | null = null;
  let reading: Promise<Secrets> | null = null;

  const readNow = async (): Promise<Secrets> => {
    try {
      const texts = await Promise.all(secretIds.map((id) => fetch(id)));
      const text = JSON.stringify(texts);
      if (kept?.text !== text) kept = { secrets: unlessEqual(kept?.secrets, mergedSecrets(texts, log)), text };
      last = { at: clock(), holdsMs: MAX_AGE_MS, fault: null };
    } catch (thrown) {
      const fault = faultOf(thrown);
      last = { at: clock(), holdsMs: kept ? ASK_AGAIN_MS : RETRY_MS, fault };
      if (!kept) throw fault;
      log.warn("The secret could not be renewed: the one at hand stays.", { variables: fault.names.join(" "), reason: fault.message });
    }
    return kept.secrets;
  };

  return {
    async read() {
      if (last && elapsed(clock, last.at) < last.holdsMs) {
        if (kept) return kept.secrets;
        throw last.fault;
      }
      return (reading ??= readNow().finally(() => (reading = null)));
    },
    doubt(works) {
      if (last) last.holdsMs = works ? ASK_AGAIN_MS : RETRY_MS;
    },
  };
}

/** How old the variables may be when a request begins. */
const MAX_AGE_MS = 5 * 60 * 1_000;
/** How long a container goes on with old ones before it asks again, and how long one without any refuses. */
const ASK_AGAIN_MS = 30_000;
const RETRY_MS = 2_000;

const SECRET_NAMES = new Set(VARIABLES.filter(({ secret }) => secret).map(({ name }) => name));
const Wanted = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value)),
  v.record(v.string(), v.unknown()),
);

/** All of them as one. A blank value says nothing, so it hides none of another secret; of two that do say something the later one counts. */
function mergedSecrets(texts: readonly string[], log: Log): Secrets {
  const entries = texts.flatMap((text) => Object.entries(parseSecret(text, log)));
  return Object.fromEntries(texts.length === 1 ? entries : entries.filter(([, value]) => value.trim() !== ""));
}

/** Only the variables that are secret. Others are told by name and left out: a secret may be ahead of the code that reads it. */
function parseSecret(text: string, log: Log): Secrets {
  const parsed = v.safeParse(Wanted, parseJson(text));
  if (!parsed.success) throw new SecretFault(["SECRET_ID"], "is no JSON object");
  const entries = Object.entries(parsed.output);
  const unknown = entries.map(([name]) => name).filter((name) => !SECRET_NAMES.has(name));
  if (unknown.length > 0) log.warn("The secret has names that are left out.", { variables: printable(unknown) });
  const known = entries.filter(([name]) => SECRET_NAMES.has(name));
  const wrong = known.filter(([, value]) => typeof value !== "string").map(([name]) => name);
  if (wrong.length > 0) throw new SecretFault(wrong, "must be texts");
  return v.parse(v.record(v.string(), v.string()), Object.fromEntries(known));
}

/** The ones at hand when a text that changed says the same: nothing is built anew for a blank. */
function unlessEqual(atHand: Secrets | undefined, read: Secrets): Secrets {
  return atHand && isDeepStrictEqual(atHand, read) ? atHand : read;
}

/** The error of a failed parsing would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Names that look like variables; whatever else stands where a name should may be a value in the wrong place. */
function printable(names: readonly string[]): string {
  return names.map((name) => (/^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? name : "(not a variable's name)")).join(" ");
}

/** The error's class says what is wrong; its message may name accounts and roles. */
function faultOf(thrown: unknown): SecretFault {
  return thrown instanceof SecretFault ? thrown : new SecretFault(["SECRET_ID"], thrown instanceof Error ? thrown.name : "unknown");
}
