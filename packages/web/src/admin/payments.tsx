// Everybody's top-ups, by state; those that were set aside say why.

import * as v from "valibot";
import { useList } from "../api/ask.ts";
import { TOP_UP_STATUSES, type AdminTopUp, type TopUpStatus } from "../api/shapes.ts";
import { stateOf } from "../money/top-up-words.ts";
import { count, Credits, Usd, usd } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { useFilters } from "../parts/filters.ts";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { PersonLink } from "./person-link.tsx";

const FILTERS = [
  ["", "All"],
  ["succeeded", "Paid"],
  ["quarantined", "Set aside"],
  ["pending", "Waiting"],
  ["processing", "At the bank"],
  ["failed", "Declined"],
  ["canceled", "Canceled"],
  ["dismissed", "Dismissed"],
] as const;

const STATE: Readonly<Record<TopUpStatus, string>> = {
  created: "started",
  pending: "waits to be paid",
  processing: "at the bank",
  succeeded: "paid",
  failed: "declined",
  canceled: "canceled",
  quarantined: "set aside",
  dismissed: "dismissed",
};

const Status = v.fallback(v.picklist(["", ...TOP_UP_STATUSES]), "");

export function PaymentsPage() {
  const [{ status }, change] = useFilters({ status: Status });
  const query = status === "" ? {} : { status };
  const list = useList("GET /admin/top-ups", { query }, ({ top_ups: topUps }) => topUps);
  return (
    <>
      <PageHead title="Payments" note="Top-ups as they were started and paid. Credits come with the payment's event, once." />
      <Section
        title="Top-ups"
        note={list.data && `${count(list.data.total)} in all, times are yours`}
        aside={
          <Choice
            label="State"
            options={FILTERS}
            value={status as (typeof FILTERS)[number][0]}
            onChange={(value) => change({ status: value })}
          />
        }
      >
        <Asked of={list} lines={8}>
          {(data) =>
            data.rows.length === 0 ? (
              <Empty title={status === "" ? "No top-ups yet." : "No top-ups in this state."} />
            ) : (
              <>
                <Table caption="Top-ups" columns={COLUMNS} rows={data.rows} keyOf={({ id }) => id} />
                <More list={data} />
              </>
            )
          }
        </Asked>
      </Section>
    </>
  );
}

const COLUMNS: readonly Column<AdminTopUp>[] = [
  { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
  { head: "Person", wide: true, cell: ({ user_id: id }) => <PersonLink id={id} /> },
  {
    head: "State",
    wide: true,
    cell: ({ status, disputed, refunded_usd: refunded, quarantine_reason: reason }) => (
      <>
        <span className={status === "quarantined" ? "fault-says" : ""}>
          {disputed === null ? STATE[status] : stateOf({ status, disputed, refunded_usd: "0" })}
        </span>
        {refunded !== "0" && <span className="quiet"> · {usd(refunded)} refunded</span>}
        {reason !== null && <span className="quiet"> · {reason}</span>}
      </>
    ),
  },
  { head: "Payment", secondary: true, wide: true, cell: ({ payment_intent: id }) => <PaymentName id={id} /> },
  { head: "Paid", figure: true, cell: ({ amount_usd: dollars }) => <Usd value={dollars} /> },
  { head: "Credits", figure: true, secondary: true, cell: ({ credits_to_grant: credits }) => <Credits value={credits} /> },
];

function PaymentName({ id }: { readonly id: string | null }) {
  return <span className="quiet small">{id ?? "·"}</span>;
}
