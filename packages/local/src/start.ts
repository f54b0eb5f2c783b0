// `npm start`: the whole product on this machine, a tour of it, and then a server to talk to.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs, styleText } from "node:util";
import { ConfigError } from "@pantheon/core/config/config.ts";
import { checkoutCommit } from "@pantheon/ops/checkout-commit.ts";
import { LocalConfigError, localEnvironment, readLocalConfig } from "@pantheon/ops/place.ts";
import { openFileLog } from "./file-log.ts";
import { runTour } from "./tour/tour.ts";
import { renderTour, tourSucceeded } from "./tour/view.ts";
import { builtSite } from "./site/build.ts";
import { startWorld, type World } from "./world.ts";

const HELP = `Usage: npm start -- [--no-tour | --tour-only]

Starts PostgreSQL, the stand-in model provider, the token issuer and every function behind one port (PORT, default 8787; 0 picks one),
runs a short tour and serves until Ctrl-C. Data is kept in .pantheon/ (PANTHEON_HOME).

  --no-tour     serve at once
  --tour-only   end after the tour; exit 1 when a step was not answered as expected`;

try {
  const { values } = parseArgs({
    options: { "no-tour": { type: "boolean" }, "tour-only": { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) console.log(HELP);
  else if (values["no-tour"] && values["tour-only"]) throw new Error("--no-tour and --tour-only contradict each other");
  else await start({ tour: !values["no-tour"], serve: !values["tour-only"] });
} catch (error) {
  console.error(`pantheon: ${explain(error)}`);
  process.exitCode = 1;
}

async function start({ tour, serve }: { tour: boolean; serve: boolean }): Promise<void> {
  const began = performance.now();
  const { home, port, databaseUrl } = readLocalConfig();
  if (databaseUrl !== null && !isHere(databaseUrl)) {
    throw new Error(
      "DATABASE_URL names another machine: the local world changes prices, grants credits and takes unsigned events, so it runs on a database of this one only",
    );
  }
  mkdirSync(home, { recursive: true });
  const log = openFileLog(join(home, "pantheon.log"), Date.now);
  const environment = { COMMIT_SHA: checkoutCommit() ?? "unknown", ...localEnvironment() };
  console.log(`\n  ${styleText("bold", "Pantheon")}  every turn priced, debited and recorded in one statement\n`);
  const site = serve ? await builtSite() : null;
  const world = await startWorld({ home, port, databaseUrl, environment, log, site, notice: (line) => console.log(`  ${line}`) });
  try {
    console.log(`  ready in ${seconds(began)} at ${world.apiUrl}, data in ${home}\n`);
    if (tour) await showTour(world);
    if (serve) await serveUntilStopped(world);
  } finally {
    await world.stop();
    log.close();
  }
}

/** True for a database that listens on this machine alone. */
function isHere(databaseUrl: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(databaseUrl).hostname);
}

async function showTour(world: World): Promise<void> {
  const tour = await runTour(world);
  console.log(renderTour(tour));
  if (!tourSucceeded(tour)) process.exitCode = 1;
}

/** Says where everything is, and waits for Ctrl-C or a polite kill. */
async function serveUntilStopped(world: World): Promise<void> {
  world.takeUnsignedEvents();
  world.startSchedule();
  console.log(`
  ${styleText("bold", "Serving")}  ${world.apiUrl}/api/v1   (${world.apiUrl}/docs says what; Ctrl-C stops)

    in a browser: ${world.apiUrl}/           your wallet, usage and playground
                  ${world.apiUrl}/operator   margins, prices, payments and health

    TOKEN=$(npm run --silent token -- --user me)
    curl -s ${world.apiUrl}/api/v1/users/me/wallet -H "Authorization: Bearer $TOKEN"
`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`;
}

function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof LocalConfigError) return error.message;
  if (error instanceof Error && "code" in error && error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION")
    return `${error.message.split(".")[0]}; --help tells more`;
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return "the port is taken; PORT=0 picks a free one";
  return error instanceof Error ? error.message : "could not start";
}
