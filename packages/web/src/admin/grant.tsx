// Granting credits: how much and why, with the balance as it will be.

import { useState } from "preact/hooks";
import { format, parseDecimal, ZERO } from "@pantheon/contract/money.ts";
import { useAct } from "../api/ask.ts";
import type { Answer } from "../api/client.ts";
import { Credits } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useDraft } from "../parts/draft.ts";
import { faultAt, Field } from "../parts/field.tsx";
import { Fault } from "../parts/states.tsx";
import { BalanceEffect } from "./balance-effect.tsx";
import { MONEY_CHANGE } from "./changes.ts";

const DECIMALS = 8;

type GrantProps = {
  readonly id: string;
  readonly balance: string;
  /** Nobody of this id has a wallet: it may be a mistyped one. */
  readonly isNew: boolean;
};

export function GrantDialog({ id, balance, isNew, onClose }: GrantProps & { readonly onClose: () => void }) {
  const [granted, setGranted] = useState<GrantAnswer | null>(null);
  return (
    <Dialog title={titleOf(granted, id)} onClose={onClose}>
      {granted === null ? (
        <GrantForm id={id} balance={balance} isNew={isNew} onDone={setGranted} />
      ) : "new_balance" in granted ? (
        <p className="done" role="status">
          The balance is now <Credits value={granted.new_balance} /> credits.
        </p>
      ) : (
        <p role="status">This is above what one admin may grant alone on a day. It is proposed: another admin has to confirm it.</p>
      )}
    </Dialog>
  );
}

type GrantAnswer = Answer<"POST /admin/wallets/{user_id}/grant">;

function titleOf(granted: GrantAnswer | null, id: string): string {
  if (granted === null) return `Grant credits to ${id}`;
  return "new_balance" in granted ? `Granted to ${id}` : `Proposed for ${id}`;
}

/** `onDone` is told what became of it: granted, or proposed to another admin. */
function GrantForm({ id, balance, isNew, onDone }: GrantProps & { readonly onDone: (answer: GrantAnswer) => void }) {
  const [credits, setCredits] = useDraft(`grant.credits.${id}`);
  const [note, setNote] = useDraft(`grant.note.${id}`);
  const grant = useAct("POST /admin/wallets/{user_id}/grant", {
    refreshes: MONEY_CHANGE,
    onDone: (answer) => {
      setCredits("");
      setNote("");
      onDone(answer);
    },
  });
  const exact = parseDecimal(credits.trim(), DECIMALS);
  const isGood = exact !== null && exact.gt(ZERO);
  const body = { amount: credits.trim(), ...(note.trim() !== "" && { note: note.trim() }), ...(isNew && { create: true }) };
  const amountFault = faultAt(grant.error, "amount");
  const noteFault = faultAt(grant.error, "note");
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        grant.mutate({ given: { path: { user_id: id }, body } });
      }}
    >
      <Field
        label="Credits"
        value={credits}
        onChange={setCredits}
        mode="decimal"
        required
        maxLength={20}
        fault={amountFault}
        hint="Up to 10,000"
      />
      <Field label="Note" value={note} onChange={setNote} maxLength={256} fault={noteFault} hint="The owner of the wallet reads it, too." />
      {isNew && <p>Nobody of this id has a wallet yet. Look at it again: the grant makes one.</p>}
      <BalanceEffect before={balance} change={isGood ? format(exact) : null} />
      {grant.error !== null && <Fault error={grant.error} />}
      <p>
        <button className="button" disabled={grant.isPending || !isGood}>
          {grant.isPending ? "Granting" : "Grant"}
        </button>
      </p>
    </form>
  );
}
