// Grants above what one admin may give alone: proposed by one, confirmed by another, or dismissed.

import * as v from "valibot";
import { useState } from "preact/hooks";
import { useList } from "../api/ask.ts";
import { PROPOSAL_STATES, type Proposal, type ProposalState } from "../api/shapes.ts";
import { count, Credits } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { useFilters } from "../parts/filters.ts";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { PersonLink } from "./person-link.tsx";
import { ResolveGrantDialog, type GrantAct } from "./resolve-grant.tsx";

const FILTERS = [
  ["proposed", "Waiting"],
  ["granted", "Granted"],
  ["dismissed", "Dismissed"],
  ["all", "All"],
] as const;

const STATE: Readonly<Record<ProposalState, string>> = { proposed: "waits for a second admin", granted: "granted", dismissed: "dismissed" };

const Status = v.fallback(v.picklist([...PROPOSAL_STATES, "all"]), "proposed");

type Open = { readonly act: GrantAct; readonly proposal: Proposal };

export function GrantsPage() {
  const [{ status }, change] = useFilters({ status: Status });
  const [open, setOpen] = useState<Open | null>(null);
  const query = status === "all" ? {} : { status };
  const list = useList("GET /admin/grants", { query }, ({ grants }) => grants);
  return (
    <>
      <PageHead title="Grants" note="What is above one admin's sum of a day is booked when another admin confirms it." />
      <Section
        title="Proposed grants"
        note={list.data && `${count(list.data.total)} found, times are yours`}
        aside={<Choice label="State" options={FILTERS} value={status} onChange={(value) => change({ status: value })} />}
      >
        <Asked of={list} lines={6}>
          {(data) =>
            data.rows.length === 0 ? (
              <Empty title={status === "proposed" ? "No grant waits for a second admin." : "No grants in this state."} />
            ) : (
              <>
                <Table caption="Proposed grants" columns={columnsOf(setOpen)} rows={data.rows} keyOf={({ id }) => id} />
                <More list={data} />
              </>
            )
          }
        </Asked>
      </Section>
      {open !== null && <ResolveGrantDialog {...open} onClose={() => setOpen(null)} />}
    </>
  );
}

function columnsOf(open: (what: Open) => void): readonly Column<Proposal>[] {
  return [
    { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
    {
      head: "For",
      wide: true,
      cell: ({ user_id: id, note }) => (
        <>
          <PersonLink id={id} />
          {note !== null && note !== "" && <span className="quiet"> · {note}</span>}
        </>
      ),
    },
    { head: "By", wide: true, secondary: true, cell: ({ proposed_by: by }) => by },
    {
      head: "State",
      wide: true,
      secondary: true,
      cell: ({ status, resolved_by: by }) => (
        <>
          {STATE[status]}
          {by !== null && <span className="quiet"> by {by}</span>}
        </>
      ),
    },
    { head: "Credits", figure: true, cell: ({ amount }) => <Credits value={amount} /> },
    { head: "Acts", figure: true, cell: (proposal) => proposal.status === "proposed" && <Acts proposal={proposal} open={open} /> },
  ];
}

function Acts({ proposal, open }: { readonly proposal: Proposal; readonly open: (what: Open) => void }) {
  return (
    <span className="acts">
      {(["confirm", "dismiss"] as const).map((act) => (
        <button
          key={act}
          type="button"
          className="link"
          aria-haspopup="dialog"
          aria-label={`${act === "confirm" ? "Confirm" : "Dismiss"} the grant for ${proposal.user_id}`}
          onClick={() => open({ act, proposal })}
        >
          {act === "confirm" ? "Confirm" : "Dismiss"}
        </button>
      ))}
    </span>
  );
}
