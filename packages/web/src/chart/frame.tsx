// What every chart by day shares: its size, the lines behind it, the day that is pointed at (by mouse, touch or arrow keys), and the same
// figures as a table for whoever reads rather than looks.

import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { shortDay } from "../parts/days.ts";
import { AsTable } from "./as-table.tsx";
import { dayAt, HEIGHT, INSET, isNamed, middleOf, scalesOf, type Scales } from "./scale.ts";
import type { ByDay } from "./series.ts";
import { Tip } from "./tip.tsx";
import { useWidth } from "./width.ts";

type FrameProps = ByDay & {
  /** The least and the most that is drawn. */
  readonly extent: readonly [number, number];
  /** True where the sum of a day's series means something. */
  readonly isSummed: boolean;
  readonly draw: (scales: Scales, pointed: number | null) => ComponentChildren;
};

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export function ChartFrame({ extent: [low, high], isSummed, draw, ...chart }: FrameProps) {
  const { label, days, format } = chart;
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [pointed, setPointed] = useState<number | null>(null);
  const scales = useMemo(() => scalesOf(days, [low, high], width), [days, low, high, width]);
  const pointAt = ({ clientX }: PointerEvent) => setPointed(dayAt(scales, clientX - (frame.current?.getBoundingClientRect().left ?? 0)));
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (event.key === "Escape") setPointed(null);
    if (step === undefined) return;
    event.preventDefault();
    setPointed((at) => Math.max(0, Math.min(days.length - 1, (at ?? (step < 0 ? days.length : -1)) + step)));
  };
  return (
    <figure className="chart">
      <div
        ref={frame}
        className="chart-frame"
        role="application"
        aria-roledescription="chart"
        aria-label={`${label}. Arrow keys go from day to day.`}
        tabIndex={0}
        onPointerMove={pointAt}
        onPointerDown={pointAt}
        onPointerLeave={() => setPointed(null)}
        onKeyDown={walk}
        onBlur={() => setPointed(null)}
      >
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <Rules scales={scales} format={format} />
          {draw(scales, pointed)}
          <DayNames scales={scales} days={days} />
        </svg>
        {pointed !== null && <Tip {...chart} {...{ isSummed, pointed, scales }} />}
      </div>
      <AsTable {...chart} />
    </figure>
  );
}

function Rules({ scales, format }: { readonly scales: Scales; readonly format: (value: number) => string }) {
  return scales.y.ticks(4).map((tick) => (
    <g key={tick} transform={`translate(0,${scales.y(tick)})`}>
      <line x1={INSET.left} x2={scales.width} className={tick === 0 ? "chart-zero" : "chart-rule"} />
      <text x={INSET.left - 8} dy="0.32em" className="chart-tick" text-anchor="end">
        {format(tick)}
      </text>
    </g>
  ));
}

/** The last name ends where its day does, so that it is never cut. */
function DayNames({ scales, days }: { readonly scales: Scales; readonly days: readonly string[] }) {
  return days.map((day, index) => {
    if (!isNamed(index, days.length, scales.width)) return null;
    const isLast = index === days.length - 1;
    const x = isLast ? (scales.x(day) ?? 0) + scales.x.bandwidth() : middleOf(scales, day);
    return (
      <text key={day} x={x} y={HEIGHT - 6} className="chart-day" text-anchor={isLast ? "end" : "middle"}>
        {shortDay(day)}
      </text>
    );
  });
}
