// From days and values to pixels.

import { scaleBand, scaleLinear, type ScaleBand, type ScaleLinear } from "d3-scale";

export type Scales = {
  readonly x: ScaleBand<string>;
  readonly y: ScaleLinear<number, number>;
  readonly width: number;
  /** Where the days' names begin. */
  readonly floor: number;
};

export const HEIGHT = 232;
export const INSET = { top: 12, bottom: 26, left: 44 };
const LABEL_PX = 76;

export function scalesOf(days: readonly string[], [low, high]: readonly [number, number], width: number): Scales {
  const floor = HEIGHT - INSET.bottom;
  const x = scaleBand().domain(days).range([INSET.left, width]).paddingInner(0.28).paddingOuter(0.1);
  const y = scaleLinear().domain([low, high]).nice(4).range([floor, INSET.top]);
  return { x, y, width, floor };
}

export function middleOf({ x }: Scales, day: string | undefined): number {
  return (x(day ?? "") ?? 0) + x.bandwidth() / 2;
}

/** Which days are named: as many as fit, the last one always. */
export function isNamed(index: number, count: number, width: number): boolean {
  const every = Math.max(1, Math.ceil(count / Math.max(1, Math.floor(width / LABEL_PX))));
  return (count - 1 - index) % every === 0;
}

/** The day under this place, counted from the chart's left edge. */
export function dayAt({ x }: Scales, px: number): number {
  return Math.max(0, Math.min(x.domain().length - 1, Math.floor((px - INSET.left) / x.step())));
}
