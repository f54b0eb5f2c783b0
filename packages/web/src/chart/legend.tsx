// Which colour is whose.

import type { Series } from "./series.ts";

export function Legend({ series }: { readonly series: readonly Series[] }) {
  return (
    <ul className="legend">
      {series.map(({ name, colour }) => (
        <li key={name}>
          <i className="chart-swatch" style={{ color: colour }} />
          {name}
        </li>
      ))}
    </ul>
  );
}
