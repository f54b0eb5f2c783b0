// Everybody's top-ups, by state; those that were set aside say why, and wait for a decision. Beside them what was taken back.

import * as v from "valibot";
import { useState } from "preact/hooks";
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
import { ResolveTopUpDialog } from "./resolve-top-up.tsx";
import { Reversals } from "./reversals.tsx";
import { StripeLink } from "./stripe-link.tsx";

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

const SHOWN = [
  ["top-ups", "Top-ups"],
  ["reversals", "Refunds and disputes"],
] as const;

const Shown = v.fallback(v.picklist(["top-ups", "reversals"]), "top-ups");

export function PaymentsPage() {
  const [{ show }, change] = useFilters({ show: Shown });
  return (
    <>
      <PageHead
        title="Payments"
        note="Top-ups as they were started and paid, and what was taken back. Credits come with the payment's event, once."
        aside={<Choice label="What is shown" options={SHOWN} value={show} onChange={(value) => change({ show: value })} />}
      />
      {show === "top-ups" ? <TopUps /> : <Reversals />}
    </>
  );
}

function TopUps() {
  const [{ status }, change] = useFilters({ status: Status });
  const [open, setOpen] = useState<AdminTopUp | null>(null);
  const query = status === "" ? {} : { status };
  const list = useList("GET /admin/top-ups", { query }, ({ top_ups: topUps }) => topUps);
  return (
    <>
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
                <Table caption="Top-ups" columns={columnsOf(setOpen)} rows={data.rows} keyOf={({ id }) => id} />
                <More list={data} />
              </>
            )
          }
        </Asked>
      </Section>
      {open !== null && <ResolveTopUpDialog topUp={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function columnsOf(decide: (topUp: AdminTopUp) => void): readonly Column<AdminTopUp>[] {
  return [
    { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
    { head: "Person", wide: true, cell: ({ user_id: id }) => <PersonLink id={id} /> },
    {
      head: "State",
      wide: true,
      cell: ({
        status,
        disputed,
        refunded_usd: refunded,
        quarantine_reason: reason,
        resolved_by: by,
        resolution,
        resolution_note: note,
      }) => (
        <>
          <span className={status === "quarantined" ? "fault-says" : ""}>
            {disputed === null ? STATE[status] : stateOf({ status, disputed, refunded_usd: "0" })}
          </span>
          {refunded !== "0" && <span className="quiet"> · {usd(refunded)} refunded</span>}
          {reason !== null && <span className="quiet"> · {reason}</span>}
          {by !== null && (
            <span className="quiet">
              {" "}
              · {resolution === "grant" ? "granted" : "decided"} by {by}: {note}
            </span>
          )}
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
    { head: "Acts", figure: true, cell: (topUp) => topUp.status === "quarantined" && <Decide topUp={topUp} decide={decide} /> },
  ];
}

type DecideProps = { readonly topUp: AdminTopUp; readonly decide: (topUp: AdminTopUp) => void };

function Decide({ topUp, decide }: DecideProps) {
  return (
    <button
      type="button"
      className="link"
      aria-haspopup="dialog"
      aria-label={`Decide on the payment of ${topUp.user_id}`}
      onClick={() => decide(topUp)}
    >
      Decide
    </button>
  );
}
