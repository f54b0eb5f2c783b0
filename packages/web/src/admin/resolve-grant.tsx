// Confirming what another admin has proposed to grant, or dismissing it, with the balance as it will be.

import { useState } from "preact/hooks";
import { useAct } from "../api/ask.ts";
import type { Proposal } from "../api/shapes.ts";
import { Credits } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Fault } from "../parts/states.tsx";
import { MONEY_CHANGE } from "./changes.ts";
import { WalletEffect } from "./wallet-effect.tsx";

export type GrantAct = "confirm" | "dismiss";

type ResolveProps = { readonly act: GrantAct; readonly proposal: Proposal; readonly onClose: () => void };

export function ResolveGrantDialog({ act, proposal, onClose }: ResolveProps) {
  const { id, user_id: user, amount, note, proposed_by: by } = proposal;
  const [left, setLeft] = useState<string | null>(null);
  const confirm = useAct("POST /admin/grants/{id}/confirm", { refreshes: MONEY_CHANGE, onDone: (answer) => setLeft(answer.new_balance) });
  const dismiss = useAct("POST /admin/grants/{id}/dismiss", { refreshes: MONEY_CHANGE, onDone: onClose });
  const doing = act === "confirm" ? confirm : dismiss;
  const doIt = () => (act === "confirm" ? confirm : dismiss).mutate({ given: { path: { id } } });
  if (left !== null) {
    return (
      <Dialog title={`Granted to ${user}`} onClose={onClose}>
        <p className="done" role="status">
          The balance is now <Credits value={left} /> credits.
        </p>
      </Dialog>
    );
  }
  return (
    <Dialog title={act === "confirm" ? `Confirm the grant for ${user}` : `Dismiss the grant for ${user}`} onClose={onClose}>
      <div className="form">
        <p>
          {by} has proposed <Credits value={amount} /> credits for {user}
          {note !== null && note !== "" && `: ${note}`}.
        </p>
        {act === "confirm" ? <WalletEffect user={user} change={amount} /> : <p>Nothing is booked, and the proposal is closed for good.</p>}
        {doing.error !== null && <Fault error={doing.error} />}
        <p className="buttons">
          <button type="button" className="button" disabled={doing.isPending} onClick={doIt}>
            {act === "confirm" ? (doing.isPending ? "Granting" : "Confirm it") : doing.isPending ? "Dismissing" : "Dismiss it"}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            Leave it
          </button>
        </p>
      </div>
    </Dialog>
  );
}
