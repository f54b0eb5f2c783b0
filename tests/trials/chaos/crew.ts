// The workers of a run: each in its slot behind a proxy of its own, and started again when it dies.

import { FAKE_ALIASES, type Place } from "./place.ts";
import { startFaultProxy, type Fault, type FaultProxy, type Verdict } from "./proxy.ts";
import { startWorker, type Hearer, type Worker } from "./worker.ts";

export type Slot = { readonly proxy: FaultProxy; worker: Worker };

export type Crew = {
  readonly slots: readonly Slot[];
  /** A living worker's slot, in turn. Waits while all are dead. */
  pick(): Promise<Slot>;
  /** How often a dead worker was replaced. */
  replaced(): number;
  /** What workers counted, by metric, and the internal errors that they logged. Those of a killed worker may be missing. */
  readonly counts: ReadonlyMap<string, number>;
  readonly errors: readonly string[];
  stop(): Promise<void>;
};

export type CrewOptions = {
  readonly size: number;
  readonly timeLeftMs: number;
  readonly maxConnections: number;
  readonly judge?: (statement: string) => Verdict | null;
  readonly injected?: (fault: Fault, statement: string) => void;
  readonly environment?: Readonly<Record<string, string>>;
};

const KEPT_ERRORS = 50;
/** What the shell logs when it answers 500. Other errors (a turn that could not be voided) are for the alarm, and have their recovery. */
const INTERNAL = /^(?:A request failed|An invariant does not hold)\./;

export async function startCrew(place: Place, options: CrewOptions): Promise<Crew> {
  const { size, timeLeftMs, maxConnections, judge = () => null, injected = () => {}, environment = {} } = options;
  const { server } = place;
  const counts = new Map<string, number>();
  const errors: string[] = [];
  const hearer: Hearer = {
    count: (metric) => void counts.set(metric, (counts.get(metric) ?? 0) + 1),
    error: (message) => {
      if (INTERNAL.test(message) && errors.length < KEPT_ERRORS) errors.push(message);
    },
  };
  const state = { stopping: false, replaced: 0, next: 0 };
  const slots: Slot[] = [];
  const arrivals: (() => void)[] = [];
  const hire = (proxy: FaultProxy): Promise<Worker> =>
    startWorker(
      { environment: { ...place.environment, ...environment, DATABASE_URL: proxy.url }, aliases: FAKE_ALIASES, timeLeftMs, maxConnections },
      place.workerScript,
      hearer,
    );
  const replace = async (slot: Slot): Promise<void> => {
    await slot.worker.ended;
    if (state.stopping) return;
    state.replaced += 1;
    slot.worker = await hire(slot.proxy);
    for (const arrived of arrivals.splice(0)) arrived();
    void replace(slot);
  };
  for (let n = 0; n < size; n += 1) {
    const proxy = await startFaultProxy({ databaseUrl: server.url, judge, injected, killBackend: (pid) => server.killBackend(pid) });
    const slot = { proxy, worker: await hire(proxy) };
    slots.push(slot);
    void replace(slot);
  }
  return {
    slots,
    pick: async () => {
      for (;;) {
        for (let tries = 0; tries < slots.length; tries += 1) {
          const slot = slots[(state.next += 1) % slots.length];
          if (slot?.worker.isAlive()) return slot;
        }
        await new Promise<void>((arrived) => arrivals.push(arrived));
      }
    },
    replaced: () => state.replaced,
    counts,
    errors,
    stop: async () => {
      state.stopping = true;
      await Promise.all(slots.map(({ worker }) => worker.stop()));
      await Promise.all(slots.map(({ proxy }) => proxy.close()));
    },
  };
}
