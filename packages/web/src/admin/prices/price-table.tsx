// Prices as a table: what is sold for how much, what it costs by the provider's list, and what the last 30 days would have earned.

import type { Price, Prices } from "../../api/shapes.ts";
import { Usd, usd } from "../../money/amount.tsx";
import { Table, type Column } from "../../parts/table.tsx";

type TableProps = {
  readonly caption: string;
  readonly prices: Pick<Prices, "items" | "warnings">;
  /** The multipliers of the version that is active, to be seen beside; null where it is that one. */
  readonly active: ReadonlyMap<string, string> | null;
  readonly onEdit: (price: Price) => void;
};

export function PriceTable({ caption, prices: { items, warnings }, active, onEdit }: TableProps) {
  const warned = new Set(warnings.map(({ alias }) => alias));
  return (
    <>
      <Table caption={caption} columns={columnsOf(warned, active, onEdit)} rows={items} keyOf={({ model_alias: alias }) => alias} />
      {warnings.length > 0 && (
        <details className="promises small" open={active !== null}>
          <summary>What to know of these prices ({warnings.length})</summary>
          <ul>
            {warnings.map(({ code, alias, text }) => (
              <li key={`${code} ${alias}`}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function columnsOf(warned: ReadonlySet<string>, active: TableProps["active"], onEdit: TableProps["onEdit"]): readonly Column<Price>[] {
  return [
    { head: "Model", wide: true, cell: ({ model_alias: alias }) => alias },
    ...(active === null ? [] : [activeColumn(active)]),
    {
      head: "Multiplier",
      figure: true,
      cell: ({ model_alias: alias, multiplier }) => <span className={warned.has(alias) ? "fault-says" : ""}>× {multiplier}</span>,
    },
    {
      head: "Breaks even",
      figure: true,
      secondary: true,
      cell: ({ break_even_multiplier: least }) => (least === null ? <span className="quiet">nowhere</span> : `× ${least}`),
    },
    { head: "Sold, out", figure: true, secondary: true, cell: ({ sold_usd: sold }) => usd(sold.output) },
    {
      head: "List cost, out",
      figure: true,
      secondary: true,
      cell: ({ list_cost_usd: cost }) => (cost === null ? <span className="quiet">not run</span> : usd(cost.output)),
    },
    { head: "Margin", figure: true, cell: ({ recent_use: use }) => (use === null ? <Nothing /> : <Usd value={use.margin_usd} />) },
    { head: "Change", figure: true, cell: (price) => <Edit alias={price.model_alias} onEdit={() => onEdit(price)} /> },
  ];
}

function activeColumn(active: ReadonlyMap<string, string>): Column<Price> {
  return {
    head: "Active now",
    figure: true,
    cell: ({ model_alias: alias, multiplier }) => {
      const now = active.get(alias);
      return now === multiplier ? <span className="quiet">the same</span> : <strong>{now === undefined ? "none" : `× ${now} →`}</strong>;
    },
  };
}

function Nothing() {
  return <span className="quiet">no use</span>;
}

function Edit({ alias, onEdit }: { readonly alias: string; readonly onEdit: () => void }) {
  return (
    <button type="button" className="link" aria-haspopup="dialog" aria-label={`Edit the price of ${alias}`} onClick={onEdit}>
      Edit
    </button>
  );
}
