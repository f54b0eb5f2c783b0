// Sums by day, stacked by series.

import { stack } from "d3-shape";
import { ChartFrame } from "./frame.tsx";
import { total, type ByDay, type Series } from "./series.ts";

const GAP_PX = 1;
const LEAST_PX = 0.75;

export function Bars(chart: ByDay) {
  const { days, series } = chart;
  const most = Math.max(...days.map((_day, index) => total(series.map(({ values }) => values[index] ?? 0))), Number.EPSILON);
  const stacked = stack<number, Series>()
    .keys(series)
    .value((index, { values }) => values[index] ?? 0)(days.map((_day, index) => index));
  return (
    <ChartFrame
      {...chart}
      extent={[0, most]}
      isSummed
      draw={({ x, y }, pointed) =>
        stacked.map((layer) => (
          <g key={layer.key.name} style={{ color: layer.key.colour }}>
            {layer.map(([from, to], index) => {
              const height = y(from) - y(to);
              if (height <= 0) return null;
              const isAside = pointed !== null && pointed !== index;
              return (
                <rect
                  key={index}
                  x={x(days[index] ?? "") ?? 0}
                  width={x.bandwidth()}
                  y={y(to)}
                  height={Math.max(LEAST_PX, height - (from > 0 ? GAP_PX : 0))}
                  className={isAside ? "chart-bar-aside" : "chart-bar"}
                />
              );
            })}
          </g>
        ))
      }
    />
  );
}
