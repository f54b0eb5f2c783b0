// Stripe's form for one top-up, in the colours of the pages.

import { useEffect, useRef, useState } from "preact/hooks";
import { paymentForm, type PaymentForm } from "../../api/stripe.ts";
import { usd } from "../../money/amount.tsx";
import { Loading } from "../../parts/states.tsx";
import { appearanceOf, onAppearance } from "./appearance.ts";

type StripeFormProps = {
  /** Stripe's publishable key. */
  readonly stripeKey: string;
  readonly secret: string;
  readonly amountUsd: string;
  /** The path of this top-up, for a bank that asks at a page of its own. */
  readonly path: string;
  /** When the payment was last declined; null where it was not. */
  readonly failedAt: string | null;
  readonly onTried: () => void;
};

type State = "loading" | "ready" | "paying" | "taken" | "broken";

/** `onTried` is called after every try, whatever came of it. */
export function StripeForm({ stripeKey, secret, amountUsd, path, failedAt, onTried }: StripeFormProps) {
  const place = useRef<HTMLDivElement>(null);
  const form = useRef<PaymentForm | null>(null);
  const [state, become] = useState<State>("loading");
  const [fault, setFault] = useState<string | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    become("loading");
    return mounted({ stripeKey, secret, place, form, become });
  }, [stripeKey, secret, tries]);
  useEffect(() => {
    if (state === "taken" && failedAt !== null) setTries(tries + 1); // the bank said no afterwards
  }, [failedAt]);
  if (state === "taken") return <p className="quiet">Stripe has the payment. Waiting for it to arrive here.</p>;
  if (state === "broken") return <Broken again={() => setTries(tries + 1)} />;
  const pay = async () => {
    become("paying");
    setFault(null);
    const said = (await form.current?.pay(`${location.origin}${path}`).catch(() => UNSAID)) ?? null;
    setFault(said);
    become(said === null ? "taken" : "ready");
    onTried();
  };
  return (
    <form
      className="form"
      aria-label="Card"
      onSubmit={(event) => {
        event.preventDefault();
        if (state === "ready") void pay();
      }}
    >
      {state === "loading" && <Loading lines={4} />}
      <div ref={place} className="stripe-form" />
      {fault !== null && (
        <p className="fault-says" role="alert">
          {fault}
        </p>
      )}
      {state !== "loading" && (
        <p>
          <button className="button" disabled={state === "paying"}>
            {state === "paying" ? "Paying" : `Pay ${usd(amountUsd)}`}
          </button>
        </p>
      )}
      <p className="quiet">Stripe takes the card; its number does not pass through these pages.</p>
    </form>
  );
}

const UNSAID = "Stripe could not be reached. Look at the list below before you try again.";

function Broken({ again }: { readonly again: () => void }) {
  return (
    <div className="fault" role="alert">
      <p>Stripe's form could not be loaded. A blocker of this browser may be in its way.</p>
      <p>
        <button type="button" className="button button-quiet" onClick={again}>
          Try again
        </button>
      </p>
    </div>
  );
}

type Mounting = Pick<StripeFormProps, "stripeKey" | "secret"> & {
  readonly place: { readonly current: HTMLDivElement | null };
  readonly form: { current: PaymentForm | null };
  readonly become: (state: State) => void;
};

/** Puts the form in place once it is there; what it answers takes it away. */
function mounted({ stripeKey, secret, place, form, become }: Mounting): () => void {
  let isOver = false;
  const stop = onAppearance((appearance) => form.current?.dress(appearance));
  const mount = async () => {
    const made = await paymentForm(stripeKey, secret, appearanceOf());
    if (isOver || place.current === null) {
      made.remove();
      return;
    }
    form.current = made;
    made.mount(place.current, { onReady: () => become("ready"), onBroken: () => become("broken") });
  };
  mount().catch(() => {
    if (!isOver) become("broken");
  });
  return () => {
    isOver = true;
    stop();
    form.current?.remove();
    form.current = null;
  };
}
