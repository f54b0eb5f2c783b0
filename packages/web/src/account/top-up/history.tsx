// One's top-ups and what became of them.

import { Link } from "wouter-preact";
import { useList } from "../../api/ask.ts";
import type { TopUp } from "../../api/shapes.ts";
import { Credits, Usd } from "../../money/amount.tsx";
import { Moment } from "../../parts/moment.tsx";
import { Section } from "../../parts/section.tsx";
import { Asked, Empty } from "../../parts/states.tsx";
import { More, Table, type Column } from "../../parts/table.tsx";
import { stateOf } from "../../money/top-up-words.ts";

/** `current` is the one that the page shows above. */
export function History({ current }: { readonly current: string | null }) {
  const list = useList("GET /users/me/wallet/top-ups", {}, ({ top_ups: topUps }) => topUps, 10);
  return (
    <Section title="Your top-ups" note="times are yours">
      <Asked of={list}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="No top-ups yet." />
          ) : (
            <>
              <Table caption="Top-ups" columns={columnsOf(current)} rows={data.rows} keyOf={({ id }) => id} />
              <More list={data} />
            </>
          )
        }
      </Asked>
    </Section>
  );
}

function columnsOf(current: string | null): readonly Column<TopUp>[] {
  return [
    { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
    { head: "State", wide: true, cell: (topUp) => <State topUp={topUp} isCurrent={topUp.id === current} /> },
    { head: "Paid", figure: true, cell: ({ amount_usd: dollars }) => <Usd value={dollars} /> },
    { head: "Credits", figure: true, secondary: true, cell: ({ credits_to_grant: credits }) => <Credits value={credits} /> },
  ];
}

function State({ topUp, isCurrent }: { readonly topUp: TopUp; readonly isCurrent: boolean }) {
  const { id, payment_intent_id: payment } = topUp;
  if (isCurrent) return <span title={payment ?? ""}>{stateOf(topUp)}</span>;
  return <Link href={`/top-up/${id}`}>{stateOf(topUp)}</Link>;
}
