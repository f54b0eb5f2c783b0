// Payments at the end of a run: what Stripe says was paid and taken back, against what the ledger says. The arithmetic is its own, in
// whole numbers, so that it agrees with the product's only when both are right.

import type { Bought } from "./payers.ts";
import type { Place } from "./place.ts";

export type PaymentFindings = {
  readonly paid: number;
  readonly notGranted: string[];
  readonly twice: string[];
  readonly wrongAmount: string[];
  readonly unpaid: string[];
  readonly wrongTaken: string[];
  readonly intents: string[];
  readonly answers: string[];
};

type LedgerRow = { payment: string; user: string; grants: string; granted: string; taken: string };

export async function judgePayments(place: Place, bought: readonly Bought[]): Promise<PaymentFindings> {
  const { rows } = await place.server.direct.query<LedgerRow>(`
    select p.payment, min(g.user_id) as "user", count(distinct g.id) as grants, coalesce(min(g.amount), 0)::text as granted, coalesce(min(r.taken), 0)::text as taken
      from (select reference_id as payment from credit_transactions where kind = 'grant' and source = 'top_up'
            union select payment_intent from reversals) p
      left join credit_transactions g on g.kind = 'grant' and g.source = 'top_up' and g.reference_id = p.payment
      left join (select v.payment_intent, -sum(t.amount) as taken from credit_transactions t
                   join reversals v on v.object_id = split_part(t.reference_id, '#', 1) where t.source = 'reversal' group by 1) r on r.payment_intent = p.payment
     group by 1`);
  const ledger = new Map(rows.map((row) => [row.payment, row]));
  const findings = {
    paid: 0,
    notGranted: [],
    twice: [],
    wrongAmount: [],
    unpaid: [],
    wrongTaken: [],
    intents: [],
    answers: [],
  } as PaymentFindings & {
    paid: number;
  };
  for (const intent of place.stripe.intents()) {
    const row = ledger.get(intent.id);
    const line = `${intent.id} ${intent.status} ${intent.amount}: ${JSON.stringify(row ?? null)}`;
    const grants = Number(row?.grants ?? 0);
    if (intent.status !== "succeeded") {
      if (grants > 0) findings.unpaid.push(line);
      continue;
    }
    findings.paid += 1;
    if (grants === 0) findings.notGranted.push(line);
    if (grants > 1) findings.twice.push(line);
    const granted = creditCents(intent.amount);
    if (grants > 0 && (cents(row?.granted) !== granted || row?.user !== intent.metadata["user_id"])) findings.wrongAmount.push(line);
    if (grants > 0 && cents(row?.taken) !== takenOf(place, intent.id, intent.amount, granted)) findings.wrongTaken.push(line);
  }
  judgeKeys(place, bought, findings);
  return findings;
}

/** What a person was answered, against the payment intents that Stripe has for it. */
function judgeKeys(place: Place, bought: readonly Bought[], findings: PaymentFindings): void {
  const byTopUp = Map.groupBy(place.stripe.intents(), ({ metadata }) => metadata["top_up_id"]);
  for (const { key, bodies } of bought) {
    const [text] = bodies;
    if (bodies.size !== 1 || text === undefined) findings.answers.push(`${key}: ${bodies.size} different answers`);
    else {
      const made = byTopUp.get(String(JSON.parse(text).id))?.length ?? 0;
      if (made !== 1) findings.intents.push(`${key}: ${made} payment intents`);
    }
  }
}

/** One credit costs three cents: round half up (amount ÷ 0.03, 2), in hundredths of a credit. */
function creditCents(minor: number): bigint {
  return halfUp(BigInt(minor) * 100n, 3n);
}

/** Round half up (granted × Σ refunded ÷ amount), never more than the grant. */
function takenOf({ stripe }: Place, intent: string, minor: number, granted: bigint): bigint {
  const refunded = stripe
    .refunds()
    .filter(({ payment_intent: of, status }) => of === intent && status !== "failed" && status !== "canceled")
    .reduce((sum, { amount }) => sum + amount, 0);
  const disputed = stripe
    .disputes()
    .filter(({ payment_intent: of, status }) => of === intent && status !== "won" && !status.startsWith("warning"))
    .reduce((sum, { amount }) => sum + amount, 0);
  const share = halfUp(granted * BigInt(refunded + disputed), BigInt(minor));
  return share > granted ? granted : share;
}

function halfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

/** Credits of at most two decimals, as the database prints them, in hundredths. */
function cents(credits = "0"): bigint {
  const [whole = "0", decimals = ""] = credits.split(".");
  if (/[1-9]/.test(decimals.slice(2))) return -1n; // finer than a hundredth: no payment buys that
  return BigInt(whole + decimals.slice(0, 2).padEnd(2, "0"));
}
