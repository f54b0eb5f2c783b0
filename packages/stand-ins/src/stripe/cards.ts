// Stripe's documented test cards, as far as the stand-in knows them: what happens to a payment that is tried with one.

export type Card = {
  /** Null for what is no card and cannot be typed into a form. */
  readonly number: string | null;
  readonly payment: "succeeds" | "declined" | "requires_action" | "processing";
  readonly decline?: { readonly code: string; readonly declineCode?: string; readonly message: string };
  /** Disputed as soon as it is paid; an inquiry is one that takes no money. */
  readonly dispute?: "fraudulent" | "inquiry";
  /** Its refunds stay pending until someone moves them. */
  readonly refundsPend?: true;
};

const declined = (number: string, code: string, message: string, declineCode?: string): Card => ({
  number,
  payment: "declined",
  decline: { code, message, ...(declineCode !== undefined && { declineCode }) },
});

/** By the name of the payment method. */
export const CARDS: Readonly<Record<string, Card>> = {
  pm_card_visa: { number: "4242424242424242", payment: "succeeds" },
  pm_card_mastercard: { number: "5555555555554444", payment: "succeeds" },
  pm_card_chargeDeclined: declined("4000000000000002", "card_declined", "The card was declined.", "generic_decline"),
  pm_card_chargeDeclinedInsufficientFunds: declined(
    "4000000000009995",
    "card_declined",
    "The card has too few funds.",
    "insufficient_funds",
  ),
  pm_card_chargeDeclinedExpiredCard: declined("4000000000000069", "expired_card", "The card has expired."),
  pm_card_authenticationRequired: { number: "4000002760003184", payment: "requires_action" },
  pm_card_authenticationRequiredOnSetup: { number: "4000002500003155", payment: "requires_action" },
  pm_card_createDispute: { number: "4000000000000259", payment: "succeeds", dispute: "fraudulent" },
  pm_card_createDisputeInquiry: { number: "4000000000001976", payment: "succeeds", dispute: "inquiry" },
  pm_card_pendingRefund: { number: "4000000000007726", payment: "succeeds", refundsPend: true },
  pm_usBankAccount_processing: { number: null, payment: "processing" },
};

/** The payment method behind a card number as a person types it, blanks and all; null when it is no test card. */
export function paymentMethodOf(number: string): string | null {
  const digits = number.replaceAll(/[\s-]/g, "");
  return Object.entries(CARDS).find(([, card]) => card.number !== null && card.number === digits)?.[0] ?? null;
}
