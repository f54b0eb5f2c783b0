// Changing what a key is called, when it ends, what it may use.

import { useAct } from "../../api/ask.ts";
import type { ApiKey } from "../../api/shapes.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { KeyForm } from "./key-form.tsx";

export function ChangeKeyDialog({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const { id, name, expires_at: ends, models, limits } = apiKey;
  const change = useAct("PATCH /users/me/keys/{id}", { refreshes: [["GET /users/me/keys"]], onDone: onClose });
  return (
    <Dialog title={`Change ${name}`} onClose={onClose}>
      <KeyForm
        before={{ name, expires_at: ends, models, limits }}
        error={change.error}
        isPending={change.isPending}
        onSend={(wish) => change.mutate({ given: { path: { id }, body: changesOf(wish, ends) } })}
      >
        {change.isPending ? "Changing" : "Change it"}
      </KeyForm>
    </Dialog>
  );
}

/** A last day that stays is not sent: one that is over already would be refused. */
function changesOf<Wish extends { readonly expires_at: string | null }>(wish: Wish, ends: string | null) {
  const { expires_at: wished, ...rest } = wish;
  return wished === ends ? rest : wish;
}
