// The flags of `npm run stage:verify`: a stage by its address, or the local world when it is asked for.

import { parseArgs } from "node:util";
import { EXPECTED_MIGRATION_HEAD } from "@pantheon/core/db/migration-head.ts";
import { checkoutCommit } from "../checkout-commit.ts";
import type { VerifyTokens } from "../place.ts";
import { localStage } from "./local-stage.ts";
import type { VerifyOptions } from "./verify-stage.ts";

export const HELP = `Usage: npm run stage:verify -- --url URL --token T --admin-token T [options]
       npm run stage:verify -- --local [options]

Is the deployed stage the code we think it is, and does the money path work there? Asks every function for its health, walks through
a grant, a turn, a price and enforcement, prints a table and writes the evidence.

  --url URL             the stage's base, without /api/v1
  --local               instead of all addresses and tokens: the local world that npm start serves
  --token T             of a user made for this; or STAGE_VERIFY_TOKEN
  --admin-token T       of an admin; or STAGE_VERIFY_ADMIN_TOKEN
  --empty-token T       of a user without credits, if the admin has some; or STAGE_VERIFY_EMPTY_TOKEN
                        (STAGE_VERIFY_BUILD_TOKEN: the stage's BUILD_TOKEN, where it has one)
  --admin-url URL       the admin function's own address: its health is asked too, and admin calls go there
  --turns-url URL       the streaming turns function's own address: its health is asked too
  --completions-url URL the function completions' own address: its health is asked too
  --site                look at the web app too, at the stage's address: its page, a file, its settings, and whether one can sign in
  --expect-commit SHA   default: the commit of this checkout; "any" only compares the functions with each other
  --expect-head NAME    the newest migration; default: the one that this build was written for
  --alias NAME          the model alias whose turns are run and whose price is changed; default: default
  --skip-maintenance    do not look at the scheduled jobs (rare ones may not have come round yet on a new stage: that is not red)
  --sweep-wait SECONDS  how long the first sweep after a deploy is waited for; default: 90
  --change-settings     on the stage production too, change a price and the enforcement switch for a moment
  --out FILE            default: evidence.json

Each run grants the user 1 credit with the note "stage:verify", which cannot be taken back, and runs a few short turns. A price is
changed by 0.0001 for two requests and enforcement is switched on and off; both are put back whatever happens, also on Ctrl-C. One run at
a time on a stage: two would put back each other's changes.

Exit 0: every row is green, or skipped by a rule. 1: a row is red or could not run. 2: nothing could be looked at.`;

/** What was asked for cannot be done. The message is one line and holds no token. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export type Asked = { readonly help: true } | { readonly help: false; readonly out: string; readonly options: VerifyOptions };

/** Reads the flags; tokens may come from the environment. Rejects with UsageError. */
export async function readOptions(args: readonly string[], home: string, tokens: VerifyTokens): Promise<Asked> {
  const flags = readFlags(args);
  if (flags.help) return { help: true };
  const place = flags.local ? await local(flags, home) : remote(flags, tokens);
  const wait = flags["sweep-wait"];
  if (!/^(?:\d{1,2}|[1-5]\d{2}|600)$/.test(wait)) throw new UsageError("--sweep-wait must be a number of seconds from 0 to 600");
  const options: VerifyOptions = {
    ...place,
    expected: { commit: commitOf(flags["expect-commit"], flags.local), migrationHead: headOf(flags["expect-head"]) },
    alias: name("--alias", flags.alias),
    skipMaintenance: flags["skip-maintenance"] ? "--skip-maintenance was given" : null,
    changeSettings: flags["change-settings"],
    site: flags.site,
    patience: { waitMs: Number(wait) * 1_000, pollMs: 2_000 },
  };
  if (flags.out === "") throw new UsageError("--out must name a file");
  return { help: false, out: flags.out, options };
}

type Flags = ReturnType<typeof readFlags>;

function readFlags(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    const yes = { type: "boolean", default: false } as const;
    return parseArgs({
      args: [...args],
      options: {
        url: text,
        local: yes,
        token: text,
        "admin-token": text,
        "empty-token": text,
        "admin-url": text,
        "turns-url": text,
        "completions-url": text,
        "expect-commit": text,
        "expect-head": text,
        alias: { ...text, default: "default" },
        "skip-maintenance": yes,
        "sweep-wait": { ...text, default: "90" },
        "change-settings": yes,
        site: yes,
        out: { ...text, default: "evidence.json" },
        help: { ...yes, short: "h" },
      },
    }).values;
  } catch (error) {
    // Its first sentence names the flag. What follows is advice, and an argument without a flag may be a token, which nobody shall print.
    const isUnknown = error instanceof Error && "code" in error && error.code !== "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL";
    throw new UsageError(`${isUnknown ? error.message.split(".")[0] : "an argument stands alone"}; --help tells more`);
  }
}

/** A local world takes nothing from outside: its address is in its home, and its tokens are made here. */
async function local(flags: Flags, home: string) {
  for (const flag of ["url", "token", "admin-token", "empty-token", "admin-url", "turns-url", "completions-url"] as const) {
    if (flags[flag] !== undefined) throw new UsageError(`--local takes no --${flag}; --help tells more`);
  }
  const place = await localStage(home);
  if (place === null) throw new UsageError("no local world runs: run npm start first");
  return { ...place, adminUrl: null, turnsUrl: null, completionsUrl: null };
}

function remote(flags: Flags, tokens: VerifyTokens) {
  const { url } = flags;
  if (url === undefined)
    throw new UsageError("give --url, --token and --admin-token of a stage, or --local for the local world that npm start serves");
  const optional = (flag: "admin-url" | "turns-url" | "completions-url") =>
    flags[flag] === undefined ? null : base(`--${flag}`, flags[flag]);
  const empty = flags["empty-token"] ?? tokens.empty;
  return {
    url: base("--url", url),
    adminUrl: optional("admin-url"),
    turnsUrl: optional("turns-url"),
    completionsUrl: optional("completions-url"),
    tokens: {
      user: token("--token", "STAGE_VERIFY_TOKEN", flags.token ?? tokens.user),
      admin: token("--admin-token", "STAGE_VERIFY_ADMIN_TOKEN", flags["admin-token"] ?? tokens.admin),
      empty: empty === null ? null : token("--empty-token", "STAGE_VERIFY_EMPTY_TOKEN", empty),
      build: tokens.build,
    },
  };
}

/** Tokens travel over it, so plain http is for this machine alone. */
function base(flag: string, address: string): string {
  const url = URL.parse(address);
  const isLocal = url !== null && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    throw new UsageError(`${flag} must be an https:// address (http:// for this machine only)`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError(`${flag} must be a plain address, without credentials, query or fragment`);
  }
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/api/v1")) throw new UsageError(`${flag} is the base, without /api/v1`);
  return `${url.origin}${path}`;
}

function token(flag: string, variable: string, value: string | null): string {
  if (value === null) throw new UsageError(`${flag} (or ${variable}) is missing; --help tells more`);
  if (!/^[\w.-]{1,8192}$/.test(value)) throw new UsageError(`${flag} (or ${variable}) is not a token`);
  return value;
}

function name(flag: string, value: string): string {
  if (!/^[\w.:/-]{1,64}$/.test(value)) throw new UsageError(`${flag} must be 1 to 64 letters, digits or . _ : / -`);
  return value;
}

function headOf(given: string | undefined): string {
  return given === undefined ? EXPECTED_MIGRATION_HEAD : name("--expect-head", given);
}

/** An unpacked archive does not know its commit, and neither does the local world that it serves; of a stage somebody has to say it. */
function commitOf(given: string | undefined, isLocal: boolean): string | null {
  if (given === "any") return null;
  if (given !== undefined) return name("--expect-commit", given);
  const commit = checkoutCommit();
  if (commit === null && !isLocal) throw new UsageError("this folder does not know its commit: give --expect-commit");
  return commit;
}
