// Failures that a test asks for: which requests they meet, and whether they strike before or after the request had its effect.

export type FaultWish = {
  /** How many requests; 1 when it is not given. */
  readonly times?: number;
  /** True lets the request have its effect first: the caller does not learn of it. */
  readonly afterEffect?: boolean;
  /** Only requests whose line (`POST /v1/payment_intents`) begins so. */
  readonly to?: string;
};

export type Fault = {
  readonly how: { readonly status: number } | "hang" | "reset";
  readonly afterEffect: boolean;
  readonly to: string;
};

export function faultsOf(how: Fault["how"], { times = 1, afterEffect = false, to = "" }: FaultWish): Fault[] {
  return Array.from({ length: times }, () => ({ how, afterEffect, to }));
}

/** Takes the first fault that is meant for this request off the list. */
export function takeFault(faults: Fault[], line: string): Fault | null {
  const place = faults.findIndex(({ to }) => line.startsWith(to));
  return place < 0 ? null : (faults.splice(place, 1)[0] ?? null);
}
