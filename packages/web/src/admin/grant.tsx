// Granting credits. What is above one admin's sum of a day is only proposed.

import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useAct } from "../api/ask.ts";
import type { Answer } from "../api/client.ts";
import { Dialog } from "../parts/dialog.tsx";
import { BookingForm, NewBalance, useBooking } from "./book-credits.tsx";
import { MONEY_CHANGE } from "./changes.ts";

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
        <NewBalance balance={granted.new_balance} />
      ) : (
        <p role="status">
          This is above what one admin may grant alone on a day. It is proposed: another admin has to confirm it. It waits in{" "}
          <Link href="/operator/grants">Grants</Link>.
        </p>
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
  const booking = useBooking(`grant.${id}`);
  const grant = useAct("POST /admin/wallets/{user_id}/grant", {
    refreshes: MONEY_CHANGE,
    onDone: (answer) => {
      booking.forget();
      onDone(answer);
    },
  });
  return (
    <BookingForm
      booking={booking}
      balance={balance}
      sign="comes"
      noteLabel="Note"
      error={grant.error}
      words={["Granting", "Grant"]}
      isPending={grant.isPending}
      onSend={({ credits, note }) =>
        grant.mutate({
          given: { path: { user_id: id }, body: { amount: credits, ...(note !== "" && { note }), ...(isNew && { create: true }) } },
        })
      }
    >
      {isNew && <p>Nobody of this id has a wallet yet. Look at it again: the grant makes one.</p>}
    </BookingForm>
  );
}
