// Taking credits back: how many and why, with the balance as it will be. Below what is available only when that is said.

import { useState } from "preact/hooks";
import { amount, format, parseDecimal, ZERO } from "@pantheon/contract/money.ts";
import { useAct } from "../api/ask.ts";
import { Credits } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useDraft } from "../parts/draft.ts";
import { faultAt, Field } from "../parts/field.tsx";
import { Fault } from "../parts/states.tsx";
import { BalanceEffect } from "./balance-effect.tsx";
import { MONEY_CHANGE } from "./changes.ts";

const DECIMALS = 8;

type DeductProps = { readonly id: string; readonly balance: string; readonly available: string };

export function DeductDialog({ id, balance, available, onClose }: DeductProps & { readonly onClose: () => void }) {
  const [left, setLeft] = useState<string | null>(null);
  return (
    <Dialog title={left === null ? `Take credits back from ${id}` : `Taken back from ${id}`} onClose={onClose}>
      {left === null ? (
        <DeductForm id={id} balance={balance} available={available} onDone={setLeft} />
      ) : (
        <p className="done" role="status">
          The balance is now <Credits value={left} /> credits.
        </p>
      )}
    </Dialog>
  );
}

/** `onDone` is told the new balance. */
function DeductForm({ id, balance, available, onDone }: DeductProps & { readonly onDone: (balance: string) => void }) {
  const [credits, setCredits] = useDraft(`deduct.credits.${id}`);
  const [note, setNote] = useDraft(`deduct.note.${id}`);
  const [isBelow, setBelow] = useState(false);
  const deduct = useAct("POST /admin/wallets/{user_id}/deduct", {
    refreshes: MONEY_CHANGE,
    onDone: ({ new_balance: after }) => {
      setCredits("");
      setNote("");
      onDone(after);
    },
  });
  const exact = parseDecimal(credits.trim(), DECIMALS);
  const isGood = exact !== null && exact.gt(ZERO);
  const isTooMuch = isGood && exact.gt(amount(available));
  const body = { amount: credits.trim(), note: note.trim(), ...(isTooMuch && isBelow && { allow_negative: true }) };
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        deduct.mutate({ given: { path: { user_id: id }, body } });
      }}
    >
      <Field
        label="Credits"
        value={credits}
        onChange={setCredits}
        mode="decimal"
        required
        maxLength={20}
        fault={faultAt(deduct.error, "amount")}
        hint="Up to 10,000"
      />
      <Field
        label="Why"
        value={note}
        onChange={setNote}
        required
        maxLength={256}
        fault={faultAt(deduct.error, "note")}
        hint="The owner of the wallet reads it, too."
      />
      <BalanceEffect before={balance} change={isGood ? format(ZERO.minus(exact)) : null} />
      {isTooMuch && <More available={available} isTicked={isBelow} onTick={setBelow} />}
      {deduct.error !== null && <Fault error={deduct.error} />}
      <p>
        <button className="button" disabled={deduct.isPending || !isGood || note.trim() === "" || (isTooMuch && !isBelow)}>
          {deduct.isPending ? "Taking back" : "Take back"}
        </button>
      </p>
    </form>
  );
}

type MoreProps = { readonly available: string; readonly isTicked: boolean; readonly onTick: (isTicked: boolean) => void };

function More({ available, isTicked, onTick }: MoreProps) {
  return (
    <label className="tick">
      <input type="checkbox" checked={isTicked} onChange={(event) => onTick(event.currentTarget.checked)} />
      <span>
        Take more than the <Credits value={available} /> credits that are available
      </span>
    </label>
  );
}
