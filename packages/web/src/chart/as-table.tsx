// A chart's figures as a table.

import { shortDay } from "../parts/days.ts";
import type { ByDay } from "./series.ts";

export function AsTable({ label, days, series, format }: ByDay) {
  return (
    <details className="chart-table">
      <summary>As a table</summary>
      <div className="table-frame" tabIndex={0} role="region" aria-label={label}>
        <table className="table">
          <caption className="hidden">{label}</caption>
          <thead>
            <tr>
              <th scope="col">Day (UTC)</th>
              {series.map(({ name }) => (
                <th key={name} scope="col" className="table-figure">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day, index) => (
              <tr key={day}>
                <th scope="row">{shortDay(day)}</th>
                {series.map(({ name, values }) => (
                  <td key={name} className="table-figure">
                    {format(values[index] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
