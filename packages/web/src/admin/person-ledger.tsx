// The whole ledger of a person, newest first; a turn opens its receipt, without what was said in it.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask, useList } from "../api/ask.ts";
import type { Transaction } from "../api/shapes.ts";
import { ReceiptView } from "../ledger/receipt.tsx";
import { count, Credits } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Moment } from "../parts/moment.tsx";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";

export function PersonLedger({ id }: { readonly id: string }) {
  const list = useList("GET /admin/users/{user_id}/transactions", { path: { user_id: id } }, ({ transactions }) => transactions);
  const [turn, setTurn] = useState<string | null>(null);
  return (
    <Section title="The ledger" note={list.data ? `${count(list.data.total)} rows, times are yours` : "times are yours"}>
      <Asked of={list} lines={6}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="No transactions yet." />
          ) : (
            <>
              <Table caption="The ledger" columns={columnsOf(setTurn)} rows={data.rows} keyOf={(row) => row.id} />
              <More list={data} />
            </>
          )
        }
      </Asked>
      {turn !== null && <TurnReceipt id={turn} onClose={() => setTurn(null)} />}
    </Section>
  );
}

function TurnReceipt({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const turn = useQuery({ ...ask("GET /admin/turns/{id}", { path: { id } }), staleTime: Infinity });
  return (
    <Dialog title="Receipt" onClose={onClose}>
      <Asked of={turn} lines={8}>
        {({ receipt }) => (receipt === null ? <Empty title="Nothing was charged for this turn." /> : <ReceiptView {...receipt} />)}
      </Asked>
    </Dialog>
  );
}

function columnsOf(open: (turn: string) => void): readonly Column<Transaction>[] {
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

function What({ row, open }: { readonly row: Transaction; readonly open: (turn: string) => void }) {
  const { source, reference_id: turn, description, note, initiated_by: by } = row;
  return (
    <>
      {source === "turn" ? (
        <button type="button" className="link" aria-haspopup="dialog" onClick={() => open(turn)}>
          Turn <code className="turn-id">{turn.slice(-6)}</code>
        </button>
      ) : (
        description
      )}
      {by !== null && <span className="quiet"> by {by}</span>}
      {note !== null && <span className="quiet"> · {note}</span>}
    </>
  );
}
