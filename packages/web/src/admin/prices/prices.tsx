// The active prices: what each model's tokens are multiplied by, and what that earned.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import type { ModelMargin, Price, Prices } from "../../api/shapes.ts";
import { Usd } from "../../money/amount.tsx";
import { lastDays, rangeOf } from "../../parts/days.ts";
import { PageHead, Section } from "../../parts/section.tsx";
import { Asked } from "../../parts/states.tsx";
import { Table, type Column } from "../../parts/table.tsx";
import { ActivateDialog } from "./activate.tsx";
import { EditPriceDialog } from "./edit-price.tsx";
import { NewVersionDialog } from "./new-version.tsx";

const DAYS = 30;

type Open = { readonly what: "edit"; readonly price: Price; readonly revision: string } | { readonly what: "version" | "activate" };

export function PricesPage() {
  const [open, setOpen] = useState<Open | null>(null);
  const prices = useQuery(ask("GET /admin/pricing", {}));
  const margin = useQuery(ask("GET /admin/analytics/margin", { query: rangeOf(lastDays(DAYS)) }));
  const earned = new Map((margin.data?.by_model ?? []).map((row) => [row.model_alias, row]));
  const close = () => setOpen(null);
  return (
    <>
      <PageHead
        title="Prices"
        note="A change binds the very next turn, everywhere. What was charged before keeps its price."
        aside={
          <div className="buttons">
            <button type="button" className="button button-quiet" onClick={() => setOpen({ what: "version" })}>
              New version
            </button>
            <button type="button" className="button button-quiet" onClick={() => setOpen({ what: "activate" })}>
              Activate a version
            </button>
          </div>
        }
      />
      <Asked of={prices} lines={8}>
        {(data) => <Active prices={data} earned={earned} onEdit={(price) => setOpen({ what: "edit", price, revision: data.revision })} />}
      </Asked>
      {open?.what === "edit" && (
        <EditPriceDialog price={open.price} revision={open.revision} earned={earned.get(open.price.model_alias) ?? null} onClose={close} />
      )}
      {open?.what === "version" && <NewVersionDialog onClose={close} />}
      {open?.what === "activate" && <ActivateDialog onClose={close} />}
    </>
  );
}

type ActiveProps = { readonly prices: Prices; readonly earned: ReadonlyMap<string, ModelMargin>; readonly onEdit: (price: Price) => void };

function Active({ prices, earned, onEdit }: ActiveProps) {
  return (
    <Section title={prices.pricing_version} note={`the active version, revision ${prices.revision}`}>
      <Table caption="Active prices" columns={columnsOf(earned, onEdit)} rows={prices.items} keyOf={({ model_alias: alias }) => alias} />
    </Section>
  );
}

function columnsOf(earned: ActiveProps["earned"], onEdit: ActiveProps["onEdit"]): readonly Column<Price>[] {
  const figure = (name: "revenue_usd" | "provider_cost_usd" | "margin_usd") => (price: Price) => {
    const row = earned.get(price.model_alias);
    return row === undefined ? <span className="quiet">·</span> : <Usd value={row[name]} />;
  };
  return [
    { head: "Model", cell: ({ model_alias: alias }) => alias },
    { head: "Multiplier", figure: true, cell: ({ multiplier }) => `× ${multiplier}` },
    { head: `Revenue, ${DAYS} days`, figure: true, secondary: true, cell: figure("revenue_usd") },
    { head: "Provider cost", figure: true, secondary: true, cell: figure("provider_cost_usd") },
    { head: "Margin", figure: true, cell: figure("margin_usd") },
    {
      head: "Change",
      figure: true,
      cell: (price) => (
        <button
          type="button"
          className="link"
          aria-haspopup="dialog"
          aria-label={`Edit the price of ${price.model_alias}`}
          onClick={() => onEdit(price)}
        >
          Edit
        </button>
      ),
    },
  ];
}
