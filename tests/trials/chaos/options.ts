// What a suite is told, and what all of the mixed load agree on.

export type SuiteOptions = {
  readonly seed: number;
  /** Acknowledged turns of the mixed load; the other suites scale with it. */
  readonly turns: number;
  /** Of a hundred statements, so many meet a fault. */
  readonly percent: number;
  /** A line about what happens now. */
  readonly say: (line: string) => void;
};

/** What a request of the mixed load has of its function's time: the model gets 3 s less, a lease 30 s more. */
export const TIME_LEFT_MS = 8_000;
