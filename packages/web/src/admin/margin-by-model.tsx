// Which model earns, and which costs more than it brings: bars to both sides of zero, in a table that can be read without them.

import type { ModelMargin } from "../api/shapes.ts";
import { Usd } from "../money/amount.tsx";
import { Section } from "../parts/section.tsx";
import { Empty } from "../parts/states.tsx";

export function MarginByModel({ rows }: { readonly rows: readonly ModelMargin[] }) {
  const margins = rows.map(({ margin_usd: margin }) => Number(margin)); // pixels
  const low = Math.max(0, ...margins.map((margin) => -margin));
  const width = Math.max(low + Math.max(0, ...margins), Number.EPSILON);
  return (
    <Section title="Margin by model" note="the least first">
      {rows.length === 0 ? (
        <Empty title="Nothing was earned or spent in these days." />
      ) : (
        <table className="table margin">
          <caption className="hidden">Margin by model</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">
                <span className="hidden">As a bar</span>
              </th>
              <th scope="col" className="table-figure">
                Margin
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ model_alias: model, margin_usd: margin }) => (
              <tr key={model}>
                <th scope="row">{model}</th>
                <td className="margin-bar">
                  <Bar margin={Number(margin)} zero={low / width} width={width} />
                </td>
                <td className="table-figure">
                  <Usd value={margin} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function Bar({ margin, zero, width }: { readonly margin: number; readonly zero: number; readonly width: number }) {
  const part = Math.abs(margin) / width;
  const left = margin < 0 ? zero - part : zero;
  return (
    <>
      <span className={margin < 0 ? "margin-loss" : "margin-gain"} style={{ left: `${left * 100}%`, width: `${part * 100}%` }} />
      <span className="margin-zero" style={{ left: `${zero * 100}%` }} />
    </>
  );
}
