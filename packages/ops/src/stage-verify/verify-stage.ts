// The evidence of a stage from the first row to the last. Owns the order: what is only read comes first, what is everybody's (a price, the
// switch of enforcement) is changed last and put back at once, and the end is reached whatever failed before it.

import { newId } from "@pantheon/contract/id.ts";
import { rfc3339, type Clock } from "@pantheon/contract/time.ts";
import { authRows } from "./auth-rows.ts";
import { createClient, type Tokens } from "./client.ts";
import { endRows, versionRow } from "./end-rows.ts";
import { enforcementRows } from "./enforcement-rows.ts";
import { createEvidence, type Row } from "./evidence.ts";
import { fileRows } from "./file-rows.ts";
import { holdRows } from "./hold-rows.ts";
import { healthRows, targetsOf, type Told } from "./health-rows.ts";
import { maintenanceRows, type Patience } from "./maintenance-rows.ts";
import { moneyRows } from "./money-rows.ts";
import { priceRows } from "./price-rows.ts";
import { siteRows } from "./site-rows.ts";
import type { Expected, Stage } from "./stage.ts";
import { walletRows } from "./wallet-rows.ts";

export type VerifyOptions = {
  /** Bases, without /api/v1: the stage's, and those of functions that have addresses of their own. */
  readonly url: string;
  readonly adminUrl: string | null;
  readonly turnsUrl: string | null;
  readonly completionsUrl: string | null;
  readonly tokens: Tokens;
  readonly expected: Expected;
  readonly alias: string;
  /** Why the jobs are not looked at; null: they are. */
  readonly skipMaintenance: string | null;
  /** Look at the web app, which stands at the stage's address. */
  readonly site: boolean;
  /** Change a price and the switch also where that meets real users. */
  readonly changeSettings: boolean;
  readonly patience: Patience;
};

export type StageEvidence = {
  readonly url: string;
  readonly stage: string | null;
  readonly expected_commit: string;
  readonly expected_migration_head: string;
  readonly run: string;
  readonly began_at: string;
  readonly finished_at: string;
  readonly ok: boolean;
  readonly rows: readonly Row[];
};

type Surroundings = { readonly clock: Clock; readonly signal: AbortSignal; readonly notice: (line: string) => void };

/** Nothing at the stage's address answered, so there is nothing to judge. */
export class StageUnreachable extends Error {
  override readonly name = "StageUnreachable";
}

/** Looks at everything. When `signal` is aborted it ends early, having put back what it changed. Throws StageUnreachable. */
export async function verifyStage(options: VerifyOptions, { clock, signal, notice }: Surroundings): Promise<StageEvidence> {
  const { url, tokens, expected, alias } = options;
  const began = clock();
  const client = createClient(options);
  const evidence = createEvidence({ signal, hide: (text) => withoutTokens(text, tokens) });
  const stage: Stage = { ask: client.ask, evidence, run: newId(), alias, signal, clock, notice };

  const told = await healthRows(stage, expected, targetsOf(options));
  if (client.versions.size === 0) throw new StageUnreachable(`nothing answers at ${url}`);
  const build = expected.commit ?? told.get("turns")?.commit ?? null;
  if (options.site) await siteRows(stage, { url, stage: stageOf(told), build });
  const people = await authRows(stage);
  const { session } = await moneyRows(stage, people);
  await walletRows(stage, people);
  await holdRows(stage);
  await fileRows(stage);
  const skip = skipOf(told, options.changeSettings);
  await priceRows(stage, session, skip);
  const someone = tokens.empty === null ? "admin" : "empty";
  await enforcementRows(stage, someone, skip);
  await maintenanceRows({ ...stage, evidence: evidence.skipping(options.skipMaintenance) }, build, options.patience);
  await endRows(stage, ["user", someone]);
  await versionRow(stage, client, build);

  return {
    url,
    stage: stageOf(told),
    expected_commit: expected.commit ?? "any",
    expected_migration_head: expected.migrationHead,
    run: stage.run,
    began_at: rfc3339(new Date(began)),
    finished_at: rfc3339(new Date(clock())),
    ok: evidence.rows.every((row) => row.outcome === "green" || row.outcome === "skipped"),
    rows: evidence.rows,
  };
}

/** Where a price and the switch are real users': even for a moment they are changed only when somebody says so. */
const PROTECTED = "production";

function skipOf(told: Told, changeSettings: boolean): string | null {
  const stages = [...told.values()].filter((health) => health !== null).map((health) => health.stage);
  if (changeSettings) return null;
  if (stages.length === 0) return "no function says which stage this is: not changed without --change-settings";
  return stages.includes(PROTECTED) ? `the stage is ${PROTECTED}: not changed without --change-settings` : null;
}

function stageOf(told: Told): string | null {
  return told.get("turns")?.stage ?? [...told.values()].find((health) => health !== null)?.stage ?? null;
}

/** A stage that repeats what it was sent, whole or in part, shall not make the evidence a secret. */
function withoutTokens(text: string, { user, admin, empty, build }: Tokens): string {
  const secrets = [user, admin, empty, build].filter((token) => token !== null && token !== undefined);
  return secrets.reduce((rest, token) => rest.replaceAll(token, "[token]"), text).replaceAll(LIKE_A_TOKEN, "[token]");
}

const LIKE_A_TOKEN = /eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|pan_[\w-]{16,}/g;
