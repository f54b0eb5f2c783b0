// Where a command works: on what the environment names, or with --local on the local world. One never stands in for the other: half of a
// stage and half of this machine would book a stage's payments by the stand-in's.

import { LOCAL_DATABASE, OWN_DATABASE, type Place } from "./explain.ts";
import { LocalConfigError, localEnvironment, readLocalHome, readLocalPlace } from "./place.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** `variables` are those of the product; `place` is what a failure calls it. */
export type Chosen = { readonly place: Place; readonly variables: Variables };

/** A variable that must be set, or several of which one must be. */
export type Needed = string | readonly string[];

/**
 * The running local world if `isLocal`, whatever database the environment names; otherwise the environment, in which all of `needed` must
 * be set. Throws LocalConfigError, whose message says both ways.
 */
export function choosePlace(isLocal: boolean, needed: readonly Needed[], env: Variables = localEnvironment()): Chosen {
  if (isLocal) return { place: LOCAL_DATABASE, variables: { ...env, ...NO_OTHER, ...runningWorld(env) } };
  const missing = needed.filter((names) => ![names].flat().some((name) => env[name]?.trim()));
  if (missing.length === 0) return { place: OWN_DATABASE, variables: env };
  const names = missing.map((each) => [each].flat().join(" or "));
  throw new LocalConfigError(`set ${names.join(", ")}, or give --local for the local world that npm start serves`);
}

/** What would win over the local world's addresses. */
const NO_OTHER = { DATABASE_POOL_URL: undefined, AUTH_JWKS_URL: undefined };

function runningWorld({ PANTHEON_HOME }: Variables): Variables {
  const world = readLocalPlace(readLocalHome({ PANTHEON_HOME }));
  if (world["DATABASE_URL"] === undefined) throw new LocalConfigError("no local world runs: run npm start first");
  return world;
}
