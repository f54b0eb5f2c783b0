// Granting credits, and taking them back: how many and why, with the balance as it will be.

import type { ComponentChildren } from "preact";
import { format, parseDecimal, ZERO } from "@pantheon/contract/money.ts";
import { Credits } from "../money/amount.tsx";
import { useDraft } from "../parts/draft.ts";
import { faultAt, Field } from "../parts/field.tsx";
import { Fault } from "../parts/states.tsx";
import { BalanceEffect } from "./balance-effect.tsx";

const DECIMALS = 8;

export type Booking = { readonly credits: string; readonly note: string };

/** What is typed into the form, kept until it was sent. `exact` is null where the credits are no amount above zero. */
export function useBooking(name: string) {
  const [credits, setCredits] = useDraft(`${name}.credits`);
  const [note, setNote] = useDraft(`${name}.note`);
  const read = parseDecimal(credits.trim(), DECIMALS);
  const exact = read !== null && read.gt(ZERO) ? read : null;
  const forget = () => {
    setCredits("");
    setNote("");
  };
  return { credits, setCredits, note, setNote, exact, forget };
}

type FormProps = {
  readonly booking: ReturnType<typeof useBooking>;
  /** The balance before, and whether the credits come or go. */
  readonly balance: string;
  readonly sign: "comes" | "goes";
  /** What the note is called; one that is asked for must be there. */
  readonly noteLabel: "Note" | "Why";
  readonly error: Error | null;
  /** What the button says while it is done, and before. */
  readonly words: readonly [doing: string, act: string];
  readonly isPending: boolean;
  /** Something still has to be said. */
  readonly isHeld?: boolean;
  readonly onSend: (booking: Booking) => void;
  readonly children?: ComponentChildren;
};

export function BookingForm({ booking, balance, sign, noteLabel, error, words, isPending, isHeld = false, onSend, children }: FormProps) {
  const { credits, setCredits, note, setNote, exact } = booking;
  const [doing, act] = words;
  const isWithoutNote = noteLabel === "Why" && note.trim() === "";
  const change = exact === null ? null : format(sign === "comes" ? exact : ZERO.minus(exact));
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ credits: credits.trim(), note: note.trim() });
      }}
    >
      <Field
        label="Credits"
        value={credits}
        onChange={setCredits}
        mode="decimal"
        required
        maxLength={20}
        fault={faultAt(error, "amount")}
        hint="Up to 10,000"
      />
      <Field
        label={noteLabel}
        value={note}
        onChange={setNote}
        required={noteLabel === "Why"}
        maxLength={256}
        fault={faultAt(error, "note")}
        hint="The owner of the wallet reads it, too."
      />
      <BalanceEffect before={balance} change={change} />
      {children}
      {error !== null && <Fault error={error} />}
      <p>
        <button className="button" disabled={isPending || exact === null || isWithoutNote || isHeld}>
          {isPending ? doing : act}
        </button>
      </p>
    </form>
  );
}

/** What is said when it is booked. */
export function NewBalance({ balance }: { readonly balance: string }) {
  return (
    <p className="done" role="status">
      The balance is now <Credits value={balance} /> credits.
    </p>
  );
}
