// `npm start`: the whole product on this machine, a tour of it, and then a server to talk to.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs, styleText } from "node:util";
import { sweepLapsed } from "@pantheon/core/turns/sweep.ts";
import { checkoutCommit } from "@pantheon/ops/checkout-commit.ts";
import { explain, LOCAL_DATABASE, OWN_DATABASE } from "@pantheon/ops/explain.ts";
import { isLoopback, localEnvironment, readLocalConfig, tableWidth, type LocalConfig } from "@pantheon/ops/place.ts";
import { refuseForeignHome } from "@pantheon/stand-ins/postgres/home.ts";
import { openFileLog } from "./file-log.ts";
import { openPage } from "./open-page.ts";
import { holderOf } from "./port-holder.ts";
import { withRequestLines } from "./request-lines.ts";
import { listenForStop, type StopSignals } from "./stop-signals.ts";
import { runTour } from "./tour/tour.ts";
import { asksRealModels, REAL_TURNS } from "./tour/turn.ts";
import { renderTour, tourSucceeded } from "./tour/view.ts";
import { builtSite } from "./site/build.ts";
import { startWorld, type World } from "./world.ts";

const HELP = `Usage: npm start -- [--no-tour | --tour-only] [--open] [--log]

Starts PostgreSQL, the stand-in model provider, the token issuer and every function
behind one port (PORT, default 8787; 0 picks one), runs a short tour and serves until
Ctrl-C. Data is kept in .pantheon/ (PANTHEON_HOME). It listens on this machine alone;
HOST is another address, and needs PANTHEON_OPEN=1.

  --no-tour     serve at once
  --tour-only   end after the tour; exit 1 when a step was not answered as expected
  --open        open the web app in a browser once it is served
  --log         a line on the terminal for every request`;

type Wish = { readonly tour: boolean; readonly serve: boolean; readonly open: boolean; readonly log: boolean };

try {
  const { values } = parseArgs({
    options: {
      "no-tour": { type: "boolean" },
      "tour-only": { type: "boolean" },
      open: { type: "boolean", default: false },
      log: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) console.log(HELP);
  else if (values["no-tour"] && values["tour-only"]) throw new Error("--no-tour and --tour-only contradict each other");
  else if (values.open && values["tour-only"]) throw new Error("--open and --tour-only contradict each other");
  else await start({ tour: !values["no-tour"], serve: !values["tour-only"], open: values.open, log: values.log });
} catch (error) {
  console.error(`pantheon: ${whatHappened(error)}`);
  process.exitCode = 1;
}

async function start(wish: Wish): Promise<void> {
  const began = performance.now();
  const settings = readLocalConfig();
  const { home, host, databaseUrl } = settings;
  if (databaseUrl !== null && !isLoopback(new URL(databaseUrl).hostname.replaceAll(/[[\]]/g, ""))) {
    throw new Error(
      "DATABASE_URL names another machine: the local world changes prices, grants credits and takes unsigned events, so it runs on a database of this one only",
    );
  }
  refuseForeignHome(home);
  mkdirSync(home, { recursive: true });
  const stop = listenForStop(Date.now);
  const logFile = join(home, "pantheon.log");
  const file = openFileLog(logFile, Date.now);
  const log = wish.log ? withRequestLines(file, Date.now, (line) => console.log(line)) : file;
  const environment = { COMMIT_SHA: checkoutCommit() ?? "unknown", ...localEnvironment() };
  console.log(`\n  ${styleText("bold", "Pantheon")}  every turn priced, debited and recorded in one statement\n`);
  const site = wish.serve ? await builtSite() : null;
  if (!isLoopback(host)) warnThatItIsOpen(host);
  try {
    const world = await startWorld({ ...settings, environment, log, site, notice: (line) => console.log(`  ${line}`) });
    try {
      await world.deps.catalog.warm(); // as a container that serves turns does when it starts
      await sweepLapsed(world.deps); // what a killed run left running gives its hold back, before anybody looks at the books
      console.log(`  ready in ${seconds(began)} at ${world.apiUrl}\n  ${placesOf(world, settings)}, log in ${logFile}\n`);
      await use(world, wish, stop);
    } finally {
      await world.stop();
    }
  } catch (error) {
    if (stop.exitCode() === null) throw error; // else what was stopped on its way failed, which is no news
  } finally {
    file.close();
  }
  // What a stopped world left behind, a model's answer that nobody waits for, must not keep the process.
  if (stop.exitCode() !== null) process.exit();
}

async function use(world: World, wish: Wish, stop: StopSignals): Promise<void> {
  if (wish.tour) await showTour(world, stop);
  if (wish.serve && !stop.signal.aborted) await serveUntilStopped(world, wish, stop);
  else process.exitCode = stop.exitCode() ?? process.exitCode;
}

function warnThatItIsOpen(host: string): void {
  console.log(`  ${styleText("yellow", "Open")}  it listens on ${host}, so others on the network can reach it. It is made for one person:`);
  console.log("        plain http, test cards, a stand-in for the models. Events are taken signed only.\n");
}

/** Where the data is: the home, unless the server's user may not enter it. */
function placesOf({ dataFolder }: World, { home }: LocalConfig): string {
  if (dataFolder === null) return `data in the database of DATABASE_URL, keys in ${home}`;
  return dataFolder === join(home, "postgres") ? `data in ${home}` : `data in ${dataFolder}, keys in ${home}`;
}

async function showTour(world: World, stop: StopSignals): Promise<void> {
  if (asksRealModels(world)) {
    console.log(`  OPENROUTER_API_KEY is set: the tour asks the real provider ${REAL_TURNS} short turns, for about a cent.`);
  }
  const tour = await runTour(world, { signal: stop.signal, progress: (line) => console.log(`  ${line}`) });
  console.log(renderTour(tour, tableWidth()));
  if (tour.isStopped) console.log("\n  The tour was stopped; prices and settings are as they were.");
  if (!tourSucceeded(tour)) process.exitCode = 1;
}

/** Says where everything is, and waits for Ctrl-C or a polite kill. */
async function serveUntilStopped(world: World, wish: Wish, stop: StopSignals): Promise<void> {
  const byHand = world.takeUnsignedEvents();
  world.startSchedule();
  console.log(`
  ${styleText("bold", "Serving")}  ${world.apiUrl}/api/v1   (${world.apiUrl}/docs says what; Ctrl-C stops)

    in a browser: ${world.apiUrl}/           your wallet, usage and playground
                  ${world.apiUrl}/operator   margins, prices, payments and health
    Stripe's events: ${world.apiUrl}/webhooks/stripe, ${byHand ? "signed, or by hand without a signature" : "signed only"}

    TOKEN=$(npm run --silent token -- --user me)
    curl -s ${world.apiUrl}/api/v1/users/me/wallet -H "Authorization: Bearer $TOKEN"

    npm run stage:verify -- --local    is it what it should be, and does money move (also ledger:verify, reconcile)
`);
  if (wish.open && !(await openPage(`${world.apiUrl}/`))) console.log(`  Nothing here opens a browser: go to ${world.apiUrl}/ yourself.\n`);
  await stop.came;
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`;
}

function whatHappened(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : null;
  if (error instanceof Error && code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `${error.message.split(".")[0]}; --help tells more`;
  if (code === "EADDRINUSE") return portTaken(error);
  return explain(error, localEnvironment()["DATABASE_URL"] ? OWN_DATABASE : LOCAL_DATABASE);
}

function portTaken(error: unknown): string {
  const port: unknown = error instanceof Error ? Reflect.get(error, "port") : null;
  const holder = typeof port === "number" ? holderOf(port) : null;
  return `port ${String(port)} is taken${holder === null ? "" : ` by ${holder}`}: stop that, or set PORT (0 picks a free one)`;
}
