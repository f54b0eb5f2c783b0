// The balance before an act and after it.

import { amount, format } from "@pantheon/contract/money.ts";
import { Credits, Worth } from "../money/amount.tsx";

/** `change` is what comes, or below zero what goes; null while it is not known. */
export function BalanceEffect({ before, change }: { readonly before: string; readonly change: string | null }) {
  const after = change === null ? before : format(amount(before).plus(amount(change)));
  return (
    <dl className="effect" aria-live="polite">
      <div>
        <dt>Balance before</dt>
        <dd>
          <Credits value={before} />
        </dd>
      </div>
      <div>
        <dt>Balance after</dt>
        <dd>
          <Credits value={after} /> {change !== null && <Worth credits={after} />}
        </dd>
      </div>
    </dl>
  );
}
