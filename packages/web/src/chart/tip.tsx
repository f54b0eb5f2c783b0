// The figures of the day that is pointed at; a reader of the screen hears them, too.

import { longDay } from "../parts/days.ts";
import { middleOf, type Scales } from "./scale.ts";
import { total, type ByDay } from "./series.ts";

type TipProps = ByDay & { readonly isSummed: boolean; readonly pointed: number; readonly scales: Scales };

export function Tip({ days, series, format, isSummed, pointed, scales }: TipProps) {
  const day = days[pointed] ?? "";
  const left = middleOf(scales, day);
  const shown = series
    .map(({ name, colour, values }) => ({ name, colour, value: values[pointed] ?? 0 }))
    .filter(({ value }) => value !== 0);
  return (
    <div className={left > scales.width / 2 ? "chart-tip chart-tip-left" : "chart-tip"} style={{ left: `${left}px` }} role="status">
      <p className="chart-tip-day">{longDay(day)}</p>
      {shown.length === 0 && <p className="quiet">nothing</p>}
      <dl>
        {shown.map(({ name, colour, value }) => (
          <div key={name}>
            <dt>
              <i className="chart-swatch" style={{ color: colour }} />
              {name}
            </dt>
            <dd>{format(value)}</dd>
          </div>
        ))}
        {isSummed && shown.length > 1 && (
          <div className="chart-tip-total">
            <dt>together</dt>
            <dd>{format(total(shown.map(({ value }) => value)))}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}
