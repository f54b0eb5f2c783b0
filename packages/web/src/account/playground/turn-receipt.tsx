// The receipt of a turn.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../../api/ask.ts";
import { ReceiptView } from "../../ledger/receipt.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Asked, Empty } from "../../parts/states.tsx";

export function TurnReceipt({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const turn = useQuery({ ...ask("GET /users/me/turns/{id}", { path: { id } }), staleTime: Infinity });
  return (
    <Dialog title="Receipt" onClose={onClose}>
      <Asked of={turn} lines={8}>
        {({ receipt }) => (receipt === null ? <Empty title="Nothing was charged for this turn." /> : <ReceiptView {...receipt} />)}
      </Asked>
    </Dialog>
  );
}
