// Figures by day as lines. What lies between the first two is shaded, by which of them is higher. Today is not over, so its line is dashed.

import { area, curveMonotoneX, line } from "d3-shape";
import { useId } from "preact/hooks";
import { ChartFrame } from "./frame.tsx";
import { INSET, middleOf, type Scales } from "./scale.ts";
import type { ByDay, Series } from "./series.ts";

export function Lines(chart: ByDay) {
  const { days, series } = chart;
  const all = series.flatMap(({ values }) => values);
  return (
    <ChartFrame
      {...chart}
      extent={[Math.min(0, ...all), Math.max(...all, Number.EPSILON)]}
      isSummed={false}
      draw={(scales, pointed) => (
        <>
          <Between days={days} scales={scales} upper={series[0]} lower={series[1]} />
          {pointed !== null && <PointedDay scales={scales} day={days[pointed]} />}
          {series.map((one) => (
            <Line key={one.name} {...{ days, scales, pointed }} series={one} />
          ))}
        </>
      )}
    />
  );
}

type LineProps = { readonly days: readonly string[]; readonly scales: Scales; readonly pointed: number | null; readonly series: Series };

function Line({ days, scales, pointed, series: { colour, values } }: LineProps) {
  const path = line<number>()
    .curve(curveMonotoneX)
    .x((index) => middleOf(scales, days[index]))
    .y((index) => scales.y(values[index] ?? 0));
  const all = days.map((_day, index) => index);
  return (
    <g style={{ color: colour }}>
      <path d={path(all.slice(0, -1)) ?? ""} className="chart-line" />
      <path d={path(all.slice(-2)) ?? ""} className="chart-line chart-line-unfinished" />
      {pointed !== null && <circle cx={middleOf(scales, days[pointed])} cy={scales.y(values[pointed] ?? 0)} r={4} className="chart-dot" />}
    </g>
  );
}

function PointedDay({ scales, day }: { readonly scales: Scales; readonly day: string | undefined }) {
  const x = middleOf(scales, day);
  return <line x1={x} x2={x} y1={INSET.top} y2={scales.floor} className="chart-rule" />;
}

type BetweenProps = Pick<LineProps, "days" | "scales"> & { readonly upper: Series | undefined; readonly lower: Series | undefined };

/** The same area twice: seen where the first line is above the second, and where it is below. */
function Between({ days, scales, upper, lower }: BetweenProps) {
  const id = useId();
  if (upper === undefined || lower === undefined) return null;
  const from = (series: Series, to: (index: number) => number): string => {
    const shape = area<number>()
      .curve(curveMonotoneX)
      .x((index) => middleOf(scales, days[index]))
      .y0((index) => scales.y(series.values[index] ?? 0))
      .y1(to);
    return shape(days.map((_day, index) => index)) ?? "";
  };
  const between = from(upper, (index) => scales.y(lower.values[index] ?? 0));
  return (
    <>
      <clipPath id={`${id}-over`}>
        <path d={from(lower, () => 0)} />
      </clipPath>
      <clipPath id={`${id}-under`}>
        <path d={from(lower, () => scales.floor)} />
      </clipPath>
      <path d={between} className="chart-gain" clip-path={`url(#${id}-over)`} />
      <path d={between} className="chart-loss" clip-path={`url(#${id}-under)`} />
    </>
  );
}
