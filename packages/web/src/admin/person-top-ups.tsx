// A person's top-ups, and what became of them.

import { useList } from "../api/ask.ts";
import type { AdminTopUp } from "../api/shapes.ts";
import { Credits, Usd } from "../money/amount.tsx";
import { stateOf } from "../money/top-up-words.ts";
import { Moment } from "../parts/moment.tsx";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { StripeLink } from "./stripe-link.tsx";

export function PersonTopUps({ id }: { readonly id: string }) {
  const list = useList("GET /admin/users/{user_id}/top-ups", { path: { user_id: id } }, ({ top_ups: topUps }) => topUps, 10);
  return (
    <Section title="Top-ups" note="times are yours">
      <Asked of={list}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="No top-ups yet." />
          ) : (
            <>
              <Table caption="Top-ups" columns={COLUMNS} rows={data.rows} keyOf={(row) => row.id} />
              <More list={data} />
            </>
          )
        }
      </Asked>
    </Section>
  );
}

const COLUMNS: readonly Column<AdminTopUp>[] = [
  { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
  {
    head: "State",
    wide: true,
    cell: (topUp) => (
      <>
        {stateOf(topUp)}
        {topUp.quarantine_reason !== null && <span className="quiet"> · {topUp.quarantine_reason}</span>}
      </>
    ),
  },
  {
    head: "Payment",
    secondary: true,
    wide: true,
    cell: ({ payment_intent: payment, livemode }) => <StripeLink payment={payment} livemode={livemode} />,
  },
  { head: "Paid", figure: true, cell: ({ amount_usd: dollars }) => <Usd value={dollars} /> },
  { head: "Credits", figure: true, secondary: true, cell: ({ credits_to_grant: credits }) => <Credits value={credits} /> },
];
