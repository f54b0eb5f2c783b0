// Refunds and disputes: of whose payment, how far each is, what it took.

import * as v from "valibot";
import { useList } from "../api/ask.ts";
import type { Reversal } from "../api/shapes.ts";
import { amount } from "@pantheon/contract/money.ts";
import { count, Credits, usd } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { useFilters } from "../parts/filters.ts";
import { Moment } from "../parts/moment.tsx";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { PersonLink } from "./person-link.tsx";
import { StripeLink } from "./stripe-link.tsx";

const KINDS = [
  ["all", "All"],
  ["refund", "Refunds"],
  ["dispute", "Disputes"],
] as const;

const Kind = v.fallback(v.picklist(["all", "refund", "dispute"]), "all");

export function Reversals() {
  const [{ kind }, change] = useFilters({ kind: Kind });
  const list = useList("GET /admin/reversals", { query: kind === "all" ? {} : { kind } }, ({ reversals }) => reversals);
  return (
    <Section
      title="Refunds and disputes"
      note={list.data && `${count(list.data.total)} in all, times are yours`}
      aside={<Choice label="Kind" options={KINDS} value={kind} onChange={(value) => change({ kind: value })} />}
    >
      <Asked of={list} lines={6}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title={kind === "all" ? "Nothing was refunded or disputed yet." : "Nothing of this kind yet."} />
          ) : (
            <>
              <Table caption="Refunds and disputes" columns={COLUMNS} rows={data.rows} keyOf={({ id }) => id} />
              <More list={data} />
            </>
          )
        }
      </Asked>
    </Section>
  );
}

const COLUMNS: readonly Column<Reversal>[] = [
  { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
  {
    head: "Person",
    wide: true,
    cell: ({ user_id: id }) => (id === null ? <span className="quiet">not known</span> : <PersonLink id={id} />),
  },
  {
    head: "What",
    wide: true,
    cell: ({ kind, state }) => (
      <>
        {kind} <span className="quiet">{state.replaceAll("_", " ")}</span>
      </>
    ),
  },
  {
    head: "Payment",
    wide: true,
    secondary: true,
    cell: ({ payment_intent: payment, livemode }) => <StripeLink payment={payment} livemode={livemode} />,
  },
  { head: "Amount", figure: true, cell: (row) => amountOf(row) },
  { head: "Credits taken", figure: true, secondary: true, cell: ({ credits_taken: taken }) => <Credits value={taken} /> },
];

/** Other currencies have other smallest units. */
function amountOf({ amount_minor: minor, currency }: Reversal): string {
  return currency === "usd" ? usd(amount(minor).div(amount("100")).toFixed()) : `${minor} ${currency.toUpperCase()}, smallest unit`;
}
