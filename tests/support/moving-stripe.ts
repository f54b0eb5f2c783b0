// A Stripe of one's own whose time can be moved on, and a container of ours on it. It sends no webhooks: as if each of them were lost.

import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { topUpRow } from "./given-top-up.ts";
import { givenPaymentContainer, type PaymentContainer } from "./payment-container.ts";
import type { TestWorld } from "./world.ts";

export type MovingStripe = {
  readonly stripe: StandInStripe;
  readonly container: PaymentContainer;
  /** Moves the time on, at Stripe and for the jobs. */
  later(days: number): void;
  runJob(job: string): Promise<Readonly<Record<string, number>>>;
  /** Starts a top-up of $10, unpaid. Answers its id and its payment. */
  start(user: string, key?: string): Promise<{ id: string; payment: string }>;
  /** Starts and pays one, and reconciles. Answers its payment. */
  paid(user: string): Promise<string>;
  close(): Promise<void>;
};

export async function givenMovingStripe(world: TestWorld): Promise<MovingStripe> {
  const time = { shift: 0 };
  const clock = () => Date.now() + time.shift;
  const stripe = await startStripe({ clock });
  const container = givenPaymentContainer(world, { config: { stripe: { ...world.config.stripe, apiUrl: stripe.url } } });
  const job = (name: string) => runJob({ ...container.deps, clock }, { job: name });
  const start = async (user: string, key?: string) => {
    const body = { amount_usd: "10" };
    const { json } = await container.call("POST", "/api/v1/users/me/wallet/top-up", { user, body, ...(key !== undefined && { key }) });
    return { id: json.id, payment: (await topUpRow(world, json.id)).payment_intent ?? "" };
  };
  return {
    stripe,
    container,
    later: (days) => void (time.shift += days * 86_400_000),
    runJob: job,
    start,
    paid: async (user) => {
      const { payment } = await start(user);
      stripe.pay(payment, "pm_card_visa");
      await job("reconcile");
      return payment;
    },
    close: async () => {
      await container.close();
      await stripe.close();
    },
  };
}
