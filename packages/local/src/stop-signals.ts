// The signals that end `npm start`. The first asks for an orderly end; a later one ends the process at once.

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** npm passes a Ctrl-C on that the terminal has already sent us: signals that come together are one. */
const TOGETHER_MS = 1_000;

export type StopSignals = {
  readonly signal: AbortSignal;
  /** Resolves when the first one came. */
  readonly came: Promise<void>;
  /** What a process that was ended by it exits with (128 + its number); null while none came. */
  exitCode(): number | null;
};

/** Listens from now on, until the process ends. */
export function listenForStop(clock: () => number): StopSignals {
  const stopping = new AbortController();
  const came = Promise.withResolvers<void>();
  let first: { at: number; code: number } | null = null;
  const onSignal = (_name: NodeJS.Signals, number: number) => {
    if (first !== null && clock() - first.at > TOGETHER_MS) process.exit(128 + number);
    first ??= { at: clock(), code: 128 + number };
    stopping.abort();
    came.resolve();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return { signal: stopping.signal, came: came.promise, exitCode: () => first?.code ?? null };
}
