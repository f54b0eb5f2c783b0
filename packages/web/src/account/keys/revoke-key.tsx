// Ending a key for good.

import { useAct } from "../../api/ask.ts";
import type { ApiKey } from "../../api/shapes.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Fault } from "../../parts/states.tsx";

export function RevokeKeyDialog({ apiKey: { id, name }, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const revoke = useAct("DELETE /users/me/keys/{id}", { refreshes: [["GET /users/me/keys"]], onDone: onClose });
  return (
    <Dialog title={`Revoke ${name}?`} onClose={onClose}>
      <div className="form">
        <p>Whoever has it is refused from now on, for good. Calls that run are finished and charged.</p>
        {revoke.error !== null && <Fault error={revoke.error} />}
        <p className="buttons">
          <button type="button" className="button" disabled={revoke.isPending} onClick={() => revoke.mutate({ given: { path: { id } } })}>
            {revoke.isPending ? "Revoking" : "Revoke it"}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            Keep it
          </button>
        </p>
      </div>
    </Dialog>
  );
}
