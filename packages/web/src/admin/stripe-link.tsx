// A payment's name, and the way to it in Stripe's own dashboard where payments are Stripe's.

import { site } from "../session/site.ts";

type LinkProps = { readonly payment: string | null; readonly livemode: boolean | null };

export function StripeLink({ payment, livemode }: LinkProps) {
  if (payment === null) return <span className="quiet">·</span>;
  if (site().payment === "stand-in" || livemode === null) return <span className="quiet small">{payment}</span>;
  const address = `https://dashboard.stripe.com/${livemode ? "" : "test/"}payments/${encodeURIComponent(payment)}`;
  return (
    <a className="small" href={address} rel="noreferrer" target="_blank">
      {payment}
      <span className="hidden"> in Stripe, a new tab</span>
    </a>
  );
}
