// Deciding what becomes of a payment that was set aside: granted to somebody, or dismissed. Either way with a note, and in the audit.

import { useState } from "preact/hooks";
import { format, parseDecimal, ZERO } from "@pantheon/contract/money.ts";
import { useAct } from "../api/ask.ts";
import type { AdminTopUp, ResolvedTopUp } from "../api/shapes.ts";
import { Credits, Usd } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useDraft } from "../parts/draft.ts";
import { faultAt, Field } from "../parts/field.tsx";
import { Fault } from "../parts/states.tsx";
import { MONEY_CHANGE } from "./changes.ts";
import { StripeLink } from "./stripe-link.tsx";
import { WalletEffect } from "./wallet-effect.tsx";

const ACTS = [
  ["grant", "Grant credits"],
  ["dismiss", "Dismiss it"],
] as const;
type Act = (typeof ACTS)[number][0];

const DECIMALS = 2;
const CHANGED = [...MONEY_CHANGE, ["GET /admin/top-ups"], ["GET /admin/users/{user_id}/top-ups"]];

type ResolveProps = { readonly topUp: AdminTopUp; readonly onClose: () => void };

export function ResolveTopUpDialog({ topUp, onClose }: ResolveProps) {
  const [resolved, setResolved] = useState<ResolvedTopUp | null>(null);
  return (
    <Dialog title={resolved === null ? "A payment that was set aside" : "Decided"} onClose={onClose}>
      {resolved === null ? <ResolveForm topUp={topUp} onDone={setResolved} /> : <Outcome resolved={resolved} />}
    </Dialog>
  );
}

function Outcome({ resolved: { credits_granted: granted, user_id: user, new_balance: balance } }: { readonly resolved: ResolvedTopUp }) {
  return (
    <p className="done" role="status">
      {granted === null || balance === null ? (
        "Dismissed: it leaves quarantine without credits."
      ) : (
        <>
          <Credits value={granted} /> credits were granted to {user}. The balance is now <Credits value={balance} /> credits.
        </>
      )}
    </p>
  );
}

function ResolveForm({ topUp, onDone }: { readonly topUp: AdminTopUp; readonly onDone: (resolved: ResolvedTopUp) => void }) {
  const [act, setAct] = useState<Act>("grant");
  const [note, setNote] = useDraft(`resolve.note.${topUp.id}`);
  const [credits, setCredits] = useState("");
  const [user, setUser] = useState(topUp.user_id);
  const resolve = useAct("POST /admin/top-ups/{id}/resolve", {
    refreshes: CHANGED,
    onDone: (resolved) => {
      setNote("");
      onDone(resolved);
    },
  });
  const exact = parseDecimal(credits.trim(), DECIMALS);
  const isGood = credits.trim() === "" || (exact !== null && exact.gt(ZERO));
  const terms = { ...(credits.trim() !== "" && { credits: credits.trim() }), ...(user !== topUp.user_id && { user_id: user }) };
  const body =
    act === "dismiss" ? ({ action: "dismiss", note: note.trim() } as const) : ({ action: "grant", note: note.trim(), ...terms } as const);
  const isSaid = ["note", "credits", "user_id"].some((path) => faultAt(resolve.error, path) !== null);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        resolve.mutate({ given: { path: { id: topUp.id }, body } });
      }}
    >
      <Facts topUp={topUp} />
      <Choice label="What becomes of it" options={ACTS} value={act} onChange={setAct} />
      {act === "grant" ? (
        <GrantTerms {...{ credits, setCredits, user, setUser, error: resolve.error }} change={exact === null ? null : format(exact)} />
      ) : (
        <p>Nothing is granted. If the money should go back, refund it in Stripe.</p>
      )}
      <Field
        label="Why"
        value={note}
        onChange={setNote}
        required
        maxLength={256}
        fault={faultAt(resolve.error, "note")}
        hint="For the audit."
      />
      {resolve.error !== null && !isSaid && <Fault error={resolve.error} />}
      <p>
        <button className="button" disabled={resolve.isPending || note.trim() === "" || (act === "grant" && !isGood)}>
          {resolve.isPending ? "Deciding" : act === "grant" ? "Grant it" : "Dismiss it for good"}
        </button>
      </p>
    </form>
  );
}

function Facts({ topUp }: { readonly topUp: AdminTopUp }) {
  const { quarantine_reason: reason, received_minor: minor, received_currency: currency, payment_intent: payment, livemode } = topUp;
  return (
    <dl className="effect">
      <div>
        <dt>Asked for</dt>
        <dd>
          <Usd value={topUp.amount_usd} /> for <Credits value={topUp.credits_to_grant} /> credits
        </dd>
      </div>
      <div>
        <dt>Received</dt>
        <dd>{minor === null ? "not known" : `${minor} in the smallest unit of ${(currency ?? "its currency").toUpperCase()}`}</dd>
      </div>
      <div>
        <dt>Set aside because</dt>
        <dd>{reason ?? "not known"}</dd>
      </div>
      <div>
        <dt>Payment</dt>
        <dd>
          <StripeLink payment={payment} livemode={livemode} />
        </dd>
      </div>
    </dl>
  );
}

type TermsProps = {
  readonly credits: string;
  readonly setCredits: (text: string) => void;
  readonly user: string;
  readonly setUser: (text: string) => void;
  readonly change: string | null;
  readonly error: Error | null;
};

function GrantTerms({ credits, setCredits, user, setUser, change, error }: TermsProps) {
  return (
    <>
      <Field label="To whom" value={user} onChange={setUser} required maxLength={255} fault={faultAt(error, "user_id")} />
      <Field
        label="Credits"
        value={credits}
        onChange={setCredits}
        mode="decimal"
        maxLength={20}
        fault={faultAt(error, "credits")}
        hint="Left empty: what the received dollars buy."
      />
      {change !== null && user !== "" && <WalletEffect user={user} change={change} />}
    </>
  );
}
