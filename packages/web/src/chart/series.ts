// What a chart by day is drawn from. Figures become floats here, since they become pixels; the table beside the chart shows them rounded.

export type Series = { readonly name: string; readonly colour: string; readonly values: readonly number[] };

/** Days oldest first, and for every series a value a day. */
export type ByDay = {
  readonly label: string;
  readonly days: readonly string[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
};

const SHORT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** Three digits that matter. */
export const short = (value: number): string => SHORT.format(value);

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
