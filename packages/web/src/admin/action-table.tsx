// What admins did, as rows: who, what, on what, before and after.

import type { ListOf } from "../api/ask.ts";
import type { Action } from "../api/shapes.ts";
import { Moment } from "../parts/moment.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { Change } from "./change.tsx";

export function ActionTable({ list }: { readonly list: ListOf<Action> }) {
  return (
    <>
      <Table caption="Acts of operators" columns={COLUMNS} rows={list.rows} keyOf={({ id }) => id} />
      <More list={list} />
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
