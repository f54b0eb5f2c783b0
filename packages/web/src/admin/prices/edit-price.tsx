// Changing a multiplier: what it would have earned with the use of the last 30 days, and only if nobody changed the prices meanwhile.

import { useState } from "preact/hooks";
import { amount, format, parseDecimal, roundHalfUp, ZERO } from "@pantheon/contract/money.ts";
import { useAct } from "../../api/ask.ts";
import { Refused } from "../../api/client.ts";
import type { ModelMargin, Price } from "../../api/shapes.ts";
import { usd } from "../../money/amount.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { faultAt, Field } from "../../parts/field.tsx";
import { Fault } from "../../parts/states.tsx";

const DECIMALS = 4;
const CENTS = 2;

type EditProps = { readonly price: Price; readonly revision: string; readonly earned: ModelMargin | null; readonly onClose: () => void };

export function EditPriceDialog({ price, revision, earned, onClose }: EditProps) {
  const { model_alias: alias, multiplier: before, pricing_version: version } = price;
  const [multiplier, setMultiplier] = useState(before);
  const patch = useAct("PATCH /admin/pricing/{alias}", { refreshes: [["GET /admin/pricing"], ["GET /admin/actions"]], onDone: onClose });
  const exact = parseDecimal(multiplier.trim(), DECIMALS);
  const isGood = exact !== null && exact.gt(ZERO);
  const isStale = patch.error instanceof Refused && patch.error.status === 412;
  return (
    <Dialog title={`Price of ${alias}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const body = { multiplier: multiplier.trim(), pricing_version: version };
          patch.mutate({ given: { path: { alias }, body }, options: { ifRevision: revision } });
        }}
      >
        <Field
          label="Multiplier"
          value={multiplier}
          onChange={setMultiplier}
          mode="decimal"
          required
          maxLength={12}
          fault={faultAt(patch.error, "multiplier")}
          hint="Above 0, up to 100"
        />
        <Effect before={before} after={isGood ? format(exact) : before} earned={earned} />
        {isStale ? (
          <p className="fault-says" role="alert">
            Somebody changed the prices meanwhile. Close this, look again, and decide anew.
          </p>
        ) : (
          patch.error !== null && <Fault error={patch.error} />
        )}
        <p>
          <button className="button" disabled={patch.isPending || isStale || !isGood || format(exact) === before}>
            {patch.isPending ? "Changing" : "Change the price"}
          </button>
        </p>
      </form>
    </Dialog>
  );
}

/** Revenue follows the multiplier; the provider's cost does not. */
function Effect({ before, after, earned }: { readonly before: string; readonly after: string; readonly earned: ModelMargin | null }) {
  const cost = amount(earned?.provider_cost_usd ?? "0");
  const revenue = amount(earned?.revenue_usd ?? "0");
  const margin = roundHalfUp(revenue.times(amount(after)).div(amount(before)), CENTS).minus(cost);
  return (
    <dl className="effect" aria-live="polite">
      <div>
        <dt>Multiplier</dt>
        <dd>
          × {before} → × {after}
        </dd>
      </div>
      {earned !== null && (
        <div>
          <dt>Margin with the use of the last 30 days</dt>
          <dd>
            {usd(earned.margin_usd)} → about {usd(format(margin))}
          </dd>
        </div>
      )}
    </dl>
  );
}
