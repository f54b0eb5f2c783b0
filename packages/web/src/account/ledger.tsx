// The ledger, newest first. Every row opens its receipt, whose address can be sent.

import * as v from "valibot";
import { useList } from "../api/ask.ts";
import type { Transaction } from "../api/shapes.ts";
import { Credits } from "../money/amount.tsx";
import { useFilters } from "../parts/filters.ts";
import { Moment } from "../parts/moment.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { ReceiptDialog } from "./receipt.tsx";

const PAGE = 25;

/** With `shown` so many rows and no more; without it page after page. */
export function Ledger({ shown }: { readonly shown?: number }) {
  const [{ receipt }, change] = useFilters({ receipt: v.fallback(v.string(), "") });
  const list = useList("GET /users/me/transactions", {}, ({ transactions }) => transactions, shown ?? PAGE);
  const columns = columnsOf((id) => change({ receipt: id }));
  return (
    <>
      <Asked of={list} lines={6}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="No transactions yet.">The first top-up makes the first one.</Empty>
          ) : (
            <>
              <Table
                caption="Transactions"
                columns={columns}
                rows={shown === undefined ? data.rows : data.rows.slice(0, shown)}
                keyOf={({ id }) => id}
              />
              {shown === undefined && <More list={data} />}
            </>
          )
        }
      </Asked>
      {receipt !== "" && <ReceiptDialog id={receipt} onClose={() => change({ receipt: "" })} />}
    </>
  );
}

function columnsOf(open: (id: string) => void): readonly Column<Transaction>[] {
  return [
    { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
    { head: "What", wide: true, cell: (row) => <What row={row} open={open} /> },
    { head: "Credits", figure: true, decimal: true, cell: ({ amount }) => <Credits value={amount} signed aligned /> },
    {
      head: "Balance after",
      figure: true,
      decimal: true,
      secondary: true,
      cell: ({ balance_after: after }) => <Credits value={after} aligned />,
    },
  ];
}

function What({ row, open }: { readonly row: Transaction; readonly open: (id: string) => void }) {
  const note = row.note !== null && <span className="quiet"> · {row.note}</span>;
  return (
    <>
      <button type="button" className="link" aria-haspopup="dialog" onClick={() => open(row.id)}>
        {row.source === "turn" ? (
          <>
            Turn <code className="turn-id">{row.reference_id.slice(-6)}</code>
          </>
        ) : (
          row.description
        )}
      </button>
      {note}
    </>
  );
}
