// What operators did: who, what, on what, and what it was before and after.

import { useList } from "../api/ask.ts";
import type { Action } from "../api/shapes.ts";
import { count } from "../money/amount.tsx";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { Change } from "./change.tsx";

export function AuditPage() {
  const list = useList("GET /admin/actions", {}, ({ actions }) => actions);
  return (
    <>
      <PageHead title="Audit" note="Every act of an operator leaves a row, in the same statement as the change." />
      <Section title="Acts" note={list.data && `${count(list.data.total)} in all, times are yours`}>
        <Asked of={list} lines={8}>
          {(data) =>
            data.rows.length === 0 ? (
              <Empty title="No operator has done anything yet." />
            ) : (
              <>
                <Table caption="Acts of operators" columns={COLUMNS} rows={data.rows} keyOf={({ id }) => id} />
                <More list={data} />
              </>
            )
          }
        </Asked>
      </Section>
    </>
  );
}

const COLUMNS: readonly Column<Action>[] = [
  { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
  { head: "Who", wide: true, cell: ({ admin_id: admin }) => admin },
  { head: "What", wide: true, cell: ({ action }) => action.replaceAll("_", " ") },
  { head: "On what", wide: true, cell: ({ target }) => target },
  { head: "Before → after", wide: true, secondary: true, cell: ({ before, after }) => <Change before={before} after={after} /> },
];
