// How much: a few amounts, or one's own, and the credits that it buys.

import { useLocation } from "wouter-preact";
import { amount, format, parseDecimal, roundHalfUp, ZERO } from "@pantheon/contract/money.ts";
import { useAct } from "../../api/ask.ts";
import { Credits, usd } from "../../money/amount.tsx";
import { Choice } from "../../parts/choice.tsx";
import { useDraft } from "../../parts/draft.ts";
import { faultAt, Field } from "../../parts/field.tsx";
import { Section } from "../../parts/section.tsx";
import { Fault } from "../../parts/states.tsx";
import { site } from "../../session/site.ts";

const PRESETS = [
  ["10.00", "$10"],
  ["25.00", "$25"],
  ["100.00", "$100"],
] as const;

export function AmountForm() {
  const [value, setValue] = useDraft("top-up", "25.00");
  const [, go] = useLocation();
  const { top_up: limits, payment, usd_per_credit: price } = site();
  const start = useAct("POST /users/me/wallet/top-up", {
    refreshes: [["GET /users/me/wallet/top-ups"]],
    onDone: ({ id }) => go(`/top-up/${id}`),
  });
  const exact = parseDecimal(value.trim(), 2);
  const buys = exact !== null && exact.gt(ZERO) ? format(roundHalfUp(exact.div(amount(price)), 2)) : null;
  return (
    <Section title="How much?">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate({ given: { body: { amount_usd: value.trim() } } });
        }}
      >
        <Choice label="Amounts" options={PRESETS} value={value as (typeof PRESETS)[number][0]} onChange={setValue} />
        <Field
          label="Amount in US dollars"
          value={value}
          onChange={setValue}
          mode="decimal"
          required
          maxLength={12}
          hint={`From ${usd(limits.min_usd)} to ${usd(limits.max_usd)}`}
          fault={faultAt(start.error, "amount_usd")}
        />
        <p className="buys" aria-live="polite">
          {buys === null ? <span className="quiet">An amount in dollars and cents</span> : <Bought credits={buys} price={price} />}
        </p>
        {start.error !== null && faultAt(start.error, "amount_usd") === null && <Fault error={start.error} />}
        <p>
          <button className="button" disabled={start.isPending || buys === null || payment === null}>
            {start.isPending ? "One moment" : "Go on to pay"}
          </button>
        </p>
        {payment === null && <p className="quiet">No cards are taken here yet.</p>}
      </form>
    </Section>
  );
}

function Bought({ credits, price }: { readonly credits: string; readonly price: string }) {
  return (
    <>
      buys <Credits value={credits} /> credits <span className="quiet">at ${price} each</span>
    </>
  );
}
