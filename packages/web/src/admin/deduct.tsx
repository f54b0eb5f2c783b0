// Taking credits back. Below what is available only when that is said.

import { useState } from "preact/hooks";
import { amount } from "@pantheon/contract/money.ts";
import { useAct } from "../api/ask.ts";
import { Credits } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { BookingForm, NewBalance, useBooking } from "./book-credits.tsx";
import { MONEY_CHANGE } from "./changes.ts";

type DeductProps = { readonly id: string; readonly balance: string; readonly available: string };

export function DeductDialog({ id, balance, available, onClose }: DeductProps & { readonly onClose: () => void }) {
  const [left, setLeft] = useState<string | null>(null);
  return (
    <Dialog title={left === null ? `Take credits back from ${id}` : `Taken back from ${id}`} onClose={onClose}>
      {left === null ? <DeductForm id={id} balance={balance} available={available} onDone={setLeft} /> : <NewBalance balance={left} />}
    </Dialog>
  );
}

/** `onDone` is told the new balance. */
function DeductForm({ id, balance, available, onDone }: DeductProps & { readonly onDone: (balance: string) => void }) {
  const booking = useBooking(`deduct.${id}`);
  const [isBelow, setBelow] = useState(false);
  const deduct = useAct("POST /admin/wallets/{user_id}/deduct", {
    refreshes: MONEY_CHANGE,
    onDone: ({ new_balance: after }) => {
      booking.forget();
      onDone(after);
    },
  });
  const isTooMuch = booking.exact !== null && booking.exact.gt(amount(available));
  return (
    <BookingForm
      booking={booking}
      balance={balance}
      sign="goes"
      noteLabel="Why"
      error={deduct.error}
      words={["Taking back", "Take back"]}
      isPending={deduct.isPending}
      isHeld={isTooMuch && !isBelow}
      onSend={({ credits, note }) =>
        deduct.mutate({
          given: { path: { user_id: id }, body: { amount: credits, note, ...(isTooMuch && isBelow && { allow_negative: true }) } },
        })
      }
    >
      {isTooMuch && (
        <label className="tick">
          <input type="checkbox" checked={isBelow} onChange={(event) => setBelow(event.currentTarget.checked)} />
          <span>
            Take more than the <Credits value={available} /> credits that are available
          </span>
        </label>
      )}
    </BookingForm>
  );
}
