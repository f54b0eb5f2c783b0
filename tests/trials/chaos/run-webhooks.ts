// The suite `webhooks`: payments, refunds and disputes whose events come twice, out of order or not at all, while statements fail and
// workers are killed. At the end every payment is held against what Stripe says.

import { createDeps } from "@pantheon/functions/whole.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { between, deckOf, randomOf } from "./choices.ts";
import { startCrew, type Crew } from "./crew.ts";
import { openDoor } from "./door.ts";
import { FAILPOINTS, type Failpoint } from "./failpoints.ts";
import { runPayers, type Bought } from "./payers.ts";
import { inPlace, WEBHOOK_SECRET, type AtEnd, type Place } from "./place.ts";
import type { SuiteOptions } from "./options.ts";
import { judgePayments, type PaymentFindings } from "./payments.ts";
import { add, countOf, faultRows, zero, type FaultCount, type SuiteReport } from "./promises.ts";
import type { Fault } from "./proxy.ts";
import { quiet } from "./server.ts";
import { arm, disarm } from "./trouble.ts";
import { watchInvariants, type Watch } from "./watch.ts";

const WIRE_FAULTS: readonly (readonly [Fault, number])[] = [
  ["reply cut after commit", 8],
  ["backend killed", 8],
  ["cut before the server", 4],
  ["delayed", 4],
];

const KINDS = [
  ...WIRE_FAULTS.map(([kind]) => kind),
  "Stripe's answer lost",
  "Stripe fails",
  "event sent more than once",
  "event out of order",
  "event lost",
  "payment declined first",
  "top-up never paid",
  "money taken back",
  "worker killed at a failpoint",
];

const POINTS = FAILPOINTS.filter(({ drive }) => drive === "payment" || drive === "refund" || drive === "top-up");
/** A payment sends fewer statements than a turn, and there are fewer of them: the percentage is raised so that each kind comes. */
const LEAST_PERCENT = 4;
const TIME_LEFT_MS = 12_000;
const ARMED_FOR_MS = 3_000;
const RECONCILE_EVERY_MS = 3_000;

/** Payments of a run: a fiftieth of its turns. */
export function paymentsOf(turns: number): number {
  return Math.min(5_000, Math.max(60, Math.round(turns / 50)));
}

export function runWebhooks(options: SuiteOptions): Promise<SuiteReport> {
  return inPlace(randomOf(options.seed, "stripe"), {}, (place, atEnd) => runIn(place, atEnd, options));
}

async function runIn(place: Place, atEnd: AtEnd, { seed, turns, percent, say }: SuiteOptions): Promise<SuiteReport> {
  const payments = paymentsOf(turns);
  const faults = countOf(KINDS);
  const switches = { faults: true };
  const wire = randomOf(seed, "webhook wire");
  const deal = deckOf(WIRE_FAULTS, wire);
  const crew = await startCrew(place, {
    size: 2,
    timeLeftMs: TIME_LEFT_MS,
    maxConnections: 6,
    judge: () => {
      if (!switches.faults || wire() * 100 >= Math.max(percent, LEAST_PERCENT)) return null;
      return { fault: deal(), delayMs: between(wire, 20, 200) };
    },
    injected: (fault, statement) => {
      if (fault !== "reply cut after commit" || statement !== "query") add(faults, fault); // a read commits nothing
    },
  });
  atEnd(() => crew.stop());
  const door = await openDoor(crew);
  atEnd(() => door.close());
  const watch = watchInvariants(place.server.url, () => "during the payments");
  atEnd(() => watch.end());
  const { stripe } = place;
  stripe.setWebhook({ url: `${door.url}/webhooks/stripe`, secret: WEBHOOK_SECRET });
  Object.assign(stripe.delivery, { duplicate: 2, shuffle: true, parallel: 6, retries: 6, retryAfterMs: 30 });
  const began = Date.now();
  say(`${payments} payments`);
  const killing = killer(crew, faults, seed, payments);
  const reconciling = reconcileBeside(crew, switches);
  const bought = await runPayers({
    place,
    crew,
    random: randomOf(seed, "payers"),
    randomFor: (payment) => randomOf(seed, `payment ${payment}`),
    payments,
    injected: (kind) => add(faults, kind),
    begun: killing.begun,
  });
  await stripe.settled();
  await killing.end();
  switches.faults = false;
  await reconciling;
  countDeliveries(place, faults);
  const booked = await reconcileAll(place);
  await watch.end();
  const findings = await judgePayments(place, bought);
  return report({ place, crew, watch, faults, findings, bought, booked, seconds: (Date.now() - began) / 1_000 });
}

/** Kills a worker at the next point that payments pass, every so many payments. */
function killer(crew: Crew, faults: FaultCount, seed: number, payments: number) {
  const dealPoint = deckOf<Failpoint>(
    POINTS.map((point) => [point, 1] as const),
    randomOf(seed, "webhook kills"),
  );
  const every = Math.max(6, Math.floor(payments / Math.max(3, Math.min(60, payments / 15))));
  let running: Promise<void> | null = null;
  const once = async (): Promise<void> => {
    const slot = await crew.pick();
    const { worker } = slot;
    await arm(slot, dealPoint());
    await Promise.race([worker.ended, sleep(ARMED_FOR_MS)]);
    if (worker.isAlive()) await disarm(slot);
    if (!worker.isAlive()) add(faults, "worker killed at a failpoint");
  };
  return {
    begun: (payment: number): void => {
      if (payment % every === 0) running ??= once().finally(() => (running = null));
    },
    end: async (): Promise<void> => void (await running),
  };
}

/** The scheduled reconciliation, beside the webhooks that it makes good for. */
async function reconcileBeside(crew: Crew, switches: { readonly faults: boolean }): Promise<void> {
  while (switches.faults) {
    await sleep(RECONCILE_EVERY_MS);
    const { worker } = await crew.pick();
    await worker.job("reconcile");
  }
}

type Booked = { readonly late: number; readonly failed: number };

/** The product's own job, after the last fault: what webhooks lost is booked now. */
async function reconcileAll(place: Place): Promise<Booked> {
  const deps = createDeps({ config: place.config, log: quiet, clock: Date.now, maxConnections: 1 });
  try {
    const first = await runJob(deps, { job: "reconcile" });
    const second = await runJob(deps, { job: "reconcile" });
    return {
      late: (first["late"] ?? 0) + (first["unknown"] ?? 0),
      failed: (second["late"] ?? 0) + (second["unknown"] ?? 0) + (second["failed"] ?? 0),
    };
  } finally {
    await deps.db.close();
  }
}

/** What Stripe's courier did: sent again, and sent after something that had happened later. */
function countDeliveries({ stripe }: Place, faults: FaultCount): void {
  const order = new Map(stripe.events().map(({ id }, place) => [id, place]));
  const seen = new Set<string>();
  let latest = -1;
  for (const { eventId } of stripe.attempts) {
    if (seen.has(eventId)) add(faults, "event sent more than once");
    else if ((order.get(eventId) ?? 0) < latest) add(faults, "event out of order");
    seen.add(eventId);
    latest = Math.max(latest, order.get(eventId) ?? 0);
  }
}

type Ended = {
  readonly place: Place;
  readonly crew: Crew;
  readonly watch: Watch;
  readonly faults: FaultCount;
  readonly findings: PaymentFindings;
  readonly bought: readonly Bought[];
  readonly booked: Booked;
  readonly seconds: number;
};

function report({ place, crew, watch, faults, findings, bought, booked, seconds }: Ended): SuiteReport {
  const { paid, notGranted, twice, wrongAmount, unpaid, wrongTaken, intents, answers } = findings;
  return {
    suite: "webhooks",
    promises: [
      zero("every payment is granted", notGranted.length, `of ${paid} were not`),
      zero("no payment is granted twice", twice.length, `of ${paid} were`),
      zero("a grant is what was paid for, to the one who paid", wrongAmount.length, `of ${paid} are not`),
      zero("nothing is granted for what was not paid", unpaid.length, "were"),
      zero("refunds and disputes take back their share, and no more", wrongTaken.length, `of ${paid} payments did not`),
      zero("one key, one payment intent, one answer", intents.length + answers.length, `of ${bought.length} top-ups differ`),
      zero("after a reconciliation nothing is left to book", booked.failed, "left"),
      zero("no internal error", crew.errors.length, "logged"),
      watch.promise(),
    ],
    faults: faultRows(faults),
    figures: {
      payments: `${bought.length} begun, ${paid} paid, in ${seconds.toFixed(1)} s`,
      "events of Stripe": place.stripe.events().length,
      "booked by the last reconciliation": booked.late,
      "workers replaced": crew.replaced(),
    },
    evidence: [
      ...Object.entries(findings).flatMap(([what, lines]) =>
        Array.isArray(lines) ? lines.slice(0, 5).map((line) => `${what}: ${line}`) : [],
      ),
      ...watch.broken,
      ...crew.errors.slice(0, 5),
    ],
  };
}
