// A row's receipt, asked for and shown.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import { ReceiptView } from "../ledger/receipt.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Asked } from "../parts/states.tsx";

/** `id` is the ledger row's. */
export function ReceiptDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const receipt = useQuery({ ...ask("GET /users/me/transactions/{id}/receipt", { path: { id } }), staleTime: Infinity });
  return (
    <Dialog title="Receipt" onClose={onClose}>
      <Asked of={receipt} lines={8}>
        {(data) => <ReceiptView {...data} />}
      </Asked>
    </Dialog>
  );
}
