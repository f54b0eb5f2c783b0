// Changing a multiplier: what it would have earned with the use of the last 30 days, and only if nobody changed the prices meanwhile.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { amount, type Amount, format, parseDecimal, roundHalfUp, ZERO } from "@pantheon/contract/money.ts";
import { useAct } from "../../api/ask.ts";
import { Refused } from "../../api/client.ts";
import type { Price } from "../../api/shapes.ts";
import { usd } from "../../money/amount.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { faultAt, Field } from "../../parts/field.tsx";
import { Fault } from "../../parts/states.tsx";
import { PRICES_CHANGE } from "./changes.ts";

const DECIMALS = 4;
const CENTS = 2;

type EditProps = { readonly price: Price; readonly revision: string; readonly onClose: () => void };

export function EditPriceDialog({ price, revision, onClose }: EditProps) {
  const { model_alias: alias, multiplier: before, pricing_version: version } = price;
  const [multiplier, setMultiplier] = useState(before);
  const patch = useAct("PATCH /admin/pricing/{alias}", { refreshes: PRICES_CHANGE, onDone: onClose });
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
        <Effect price={price} after={isGood ? format(exact) : before} />
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
function Effect({ price, after }: { readonly price: Price; readonly after: string }) {
  const { multiplier: before, recent_use: use, sold_usd: sold, list_cost_usd: cost } = price;
  const scaled = (dollars: string) => amount(dollars).times(amount(after)).div(amount(before));
  const margin = use === null ? null : roundHalfUp(scaled(use.revenue_usd), CENTS).minus(amount(use.provider_cost_usd));
  return (
    <>
      <dl className="effect" aria-live="polite">
        <Row name="Multiplier">
          × {before} → × {after}
        </Row>
        <Row name="A million tokens out">
          {usd(sold.output)} → {usd(format(roundHalfUp(scaled(sold.output), CENTS)))}
          {cost !== null && <span className="quiet"> · the provider asks {usd(cost.output)}</span>}
        </Row>
        {use !== null && margin !== null && (
          <Row name="Margin with the use of the last 30 days">
            {usd(use.margin_usd)} → about {usd(format(margin))}
          </Row>
        )}
      </dl>
      <Warnings price={price} after={amount(after)} loses={margin !== null && margin.lt(ZERO)} />
    </>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What the API would warn of when it is saved, said before. */
function Warnings({ price, after, loses }: { readonly price: Price; readonly after: Amount; readonly loses: boolean }) {
  const { break_even_multiplier: least, list_cost_usd: cost } = price;
  const isBelow = cost !== null && (least === null || after.lt(amount(least)));
  return (
    <div aria-live="polite">
      {isBelow && (
        <p className="fault-says">
          Some of its tokens would be sold below the provider's list: it breaks even {least === null ? "nowhere" : `at × ${least}`}.
        </p>
      )}
      {loses && <p className="fault-says">With the use of the last 30 days this price would lose money.</p>}
    </div>
  );
}
