// The whole ledger of a person, newest first; a turn opens its receipt, without what was said in it.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask, useList } from "../api/ask.ts";
import { ReceiptView } from "../ledger/receipt.tsx";
import { LedgerRows } from "../ledger/rows.tsx";
import { count } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More } from "../parts/table.tsx";

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
              <LedgerRows
                caption="The ledger"
                rows={data.rows}
                open={({ reference_id: of }) => setTurn(of)}
                hasReceipt={({ source }) => source === "turn"}
                saysWho
              />
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
