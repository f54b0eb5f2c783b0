// The card form of the stand-in: test cards only. A card may be declined and tried again, or its bank may ask first.

import { useMutation } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { payByCard, tellBank, type CardOutcome } from "../../api/stand-in.ts";
import { usd } from "../../money/amount.tsx";
import { Field } from "../../parts/field.tsx";

type CardFormProps = { readonly secret: string; readonly amountUsd: string; readonly onTried: () => void };

/** `onTried` is called after every try, whatever came of it. */
export function CardForm({ secret, amountUsd, onTried }: CardFormProps) {
  const [card, setCard] = useState("4242 4242 4242 4242");
  const pay = useMutation({ mutationFn: (number: string) => payByCard(secret, number), onSettled: onTried });
  const bank = useMutation({ mutationFn: (confirmed: boolean) => tellBank(secret, confirmed), onSettled: onTried });
  const outcome = bank.data ?? pay.data;
  if (outcome?.status === "requires_action") {
    return <BankAsks isPending={bank.isPending} onTold={(confirmed) => bank.mutate(confirmed)} />;
  }
  if (outcome?.status === "succeeded") return <p className="quiet">The bank says yes. Waiting for the payment to arrive here.</p>;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        bank.reset();
        pay.mutate(card);
      }}
    >
      <p className="quiet">This world takes test cards only, and charges nobody.</p>
      <Field
        label="Card number"
        value={card}
        onChange={setCard}
        mode="numeric"
        required
        maxLength={40}
        fault={faultOf(outcome, pay.error)}
      />
      <p>
        <button className="button" disabled={pay.isPending}>
          {pay.isPending ? "Paying" : `Pay ${usd(amountUsd)}`}
        </button>
      </p>
      <Cards />
    </form>
  );
}

function BankAsks({ isPending, onTold }: { readonly isPending: boolean; readonly onTold: (confirmed: boolean) => void }) {
  return (
    <div className="form" role="group" aria-label="The bank asks">
      <p>The bank that gave out this card asks whether it is you who pays.</p>
      <p className="buttons">
        <button type="button" className="button" disabled={isPending} onClick={() => onTold(true)}>
          It is me
        </button>
        <button type="button" className="button button-quiet" disabled={isPending} onClick={() => onTold(false)}>
          It is not
        </button>
      </p>
    </div>
  );
}

const TRIES = [
  ["4242 4242 4242 4242", "is paid"],
  ["4000 0000 0000 0002", "is declined"],
  ["4000 0027 6000 3184", "its bank asks first"],
  ["4000 0000 0000 0259", "is paid, then disputed: the credits are taken back"],
] as const;

function Cards() {
  return (
    <details className="cards">
      <summary>Cards to try</summary>
      <dl>
        {TRIES.map(([number, what]) => [
          <dt key={number} className="nowrap">
            {number}
          </dt>,
          <dd key={what}>{what}</dd>,
        ])}
      </dl>
    </details>
  );
}

function faultOf(outcome: CardOutcome | undefined, error: Error | null): string | null {
  if (error !== null) return "The card could not be sent. Try again.";
  return outcome?.message ?? (outcome?.status === "declined" ? "The bank says no." : null);
}
