// Stripe's own form, which takes the card where a stage has Stripe's key. Its script comes from Stripe alone, and only when somebody is
// about to pay; a card's number never reaches these pages.

import type { Appearance, Stripe, StripeElements } from "@stripe/stripe-js";
import { loadStripe } from "@stripe/stripe-js/pure";

export type PaymentForm = {
  /** Puts the form into this place; `onReady` when it can be filled in, `onBroken` when it cannot be had. */
  mount(place: HTMLElement, told: { onReady: () => void; onBroken: () => void }): void;
  /** Changes its colours. */
  dress(appearance: Appearance): void;
  /**
   * Pays with what was filled in; the bank may ask first, in a frame, or at a page of its own that comes back to `returnTo`. Null when it
   * was taken, or waits for the bank; else why not, in words for the payer.
   */
  pay(returnTo: string): Promise<string | null>;
  remove(): void;
};

let loading: Promise<Stripe | null> | null = null;

/** Stripe's form for one payment, known by its client secret. Rejects when Stripe's script cannot be had; asked again it tries again. */
export async function paymentForm(key: string, secret: string, appearance: Appearance): Promise<PaymentForm> {
  loading ??= loadStripe(key).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  const stripe = await loading;
  if (stripe === null) throw new Error("Stripe's script cannot be had here.");
  const elements = stripe.elements({ clientSecret: secret, appearance });
  const element = elements.create("payment", { layout: "tabs" });
  return {
    mount: (place, { onReady, onBroken }) => {
      element.on("ready", onReady);
      element.on("loaderror", onBroken);
      element.mount(place);
    },
    dress: (next) => void elements.update({ appearance: next }),
    pay: (returnTo) => pay(stripe, elements, returnTo),
    remove: () => element.destroy(),
  };
}

/** Faults of what was filled in, and of the card, are told in Stripe's words; everything else is ours to say. */
const TOLD: ReadonlySet<string> = new Set(["validation_error", "card_error"]);

async function pay(stripe: Stripe, elements: StripeElements, returnTo: string): Promise<string | null> {
  const { error } = await stripe.confirmPayment({ elements, confirmParams: { return_url: returnTo }, redirect: "if_required" });
  if (error === undefined) return null;
  return (TOLD.has(error.type) ? error.message : undefined) ?? "The payment could not be made. Nothing was taken; try again.";
}
