// Topping up: an amount, then a card, then the credits as soon as the payment's event has come.

import { PageHead } from "../../parts/section.tsx";
import { AmountForm } from "./amount-form.tsx";
import { History } from "./history.tsx";
import { Payment } from "./payment.tsx";

/** Without an id a new one is begun; with one it is paid and watched. */
export function TopUpPage({ params: { id } }: { readonly params: { readonly id?: string } }) {
  return (
    <>
      <PageHead title="Top up" note="Credits are bought in US dollars and never expire." />
      {id === undefined ? <AmountForm /> : <Payment id={id} />}
      <History current={id ?? null} />
    </>
  );
}
