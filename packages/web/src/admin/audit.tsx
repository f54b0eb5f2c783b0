// What operators did, and what they read of whom: who, what, on what, and what it was before and after.

import * as v from "valibot";
import { useList } from "../api/ask.ts";
import type { AdminRead } from "../api/shapes.ts";
import { count } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { FilterForm } from "../parts/filter-form.tsx";
import { Day, filledIn, useFilters } from "../parts/filters.ts";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { ActionTable } from "./action-table.tsx";

const SHOWN = [
  ["acts", "Acts"],
  ["reads", "Reads"],
] as const;

const Text = v.fallback(v.pipe(v.string(), v.maxLength(320)), "");

const FILTERS = {
  show: v.fallback(v.picklist(["acts", "reads"]), "acts"),
  admin_id: Text,
  user_id: Text,
  target: Text,
  from: Day,
  to: Day,
};

const WHO = [
  ["admin_id", "Admin"],
  ["user_id", "Done to"],
] as const;
const DAYS = [
  ["from", "From (UTC)", "date"],
  ["to", "To (UTC)", "date"],
] as const;

export function AuditPage() {
  const [{ show, ...texts }, change] = useFilters(FILTERS);
  const { target: _target, ...ofReads } = texts;
  return (
    <>
      <PageHead
        title="Audit"
        note={
          show === "acts" ? "Every act of an operator leaves a row, in the same statement as the change." : "What operators read of whom."
        }
        aside={<Choice label="What is shown" options={SHOWN} value={show} onChange={(value) => change({ show: value })} />}
      />
      {show === "acts" ? (
        <>
          <FilterForm key={JSON.stringify(texts)} fields={[...WHO, ["target", "On what"], ...DAYS]} before={texts} onFilter={change} />
          <Acts query={filledIn(texts)} />
        </>
      ) : (
        <>
          <FilterForm key={JSON.stringify(texts)} fields={[...WHO, ...DAYS]} before={texts} onFilter={change} />
          <Reads query={filledIn(ofReads)} />
        </>
      )}
    </>
  );
}

type ListProps = { readonly query: Readonly<Record<string, string>> };

function Acts({ query }: ListProps) {
  const list = useList("GET /admin/actions", { query }, ({ actions }) => actions);
  return (
    <Section title="Acts" note={list.data && `${count(list.data.total)} in all, times are yours`}>
      <Asked of={list} lines={8}>
        {(data) => (data.rows.length === 0 ? <Nothing query={query} /> : <ActionTable list={data} />)}
      </Asked>
    </Section>
  );
}

function Nothing({ query }: ListProps) {
  return <Empty title={Object.keys(query).length > 0 ? "Nothing fits these filters." : "No operator has done anything yet."} />;
}

function Reads({ query }: ListProps) {
  const list = useList("GET /admin/reads", { query }, ({ reads }) => reads);
  return (
    <Section title="Reads" note={list.data && `${count(list.data.total)} in all, times are yours`}>
      <Asked of={list} lines={8}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="Nothing fits these filters." />
          ) : (
            <>
              <Table caption="Reads of operators" columns={READ_COLUMNS} rows={data.rows} keyOf={({ id }) => id} />
              <More list={data} />
            </>
          )
        }
      </Asked>
    </Section>
  );
}

const READ_COLUMNS: readonly Column<AdminRead>[] = [
  { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
  { head: "Who", wide: true, cell: ({ admin_id: admin }) => admin },
  { head: "What", wide: true, cell: ({ operation }) => operation },
  { head: "Of whom", wide: true, cell: ({ target }) => target ?? <span className="quiet">everybody</span> },
];
