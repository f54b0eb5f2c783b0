// Rows 99 to 114: events that Stripe did not sign, or signed for something else. Nothing but a right signature over exactly these bytes
// grants, and nothing grants twice.

import { expect } from "vitest";
import { balanceOf, givenTopUp, grantsOf, succeededOf, topUpRow } from "../../../support/given-top-up.ts";
import { atOnce } from "../../../support/admin.ts";
import { digestOf, eventOf, outcomeOf, postEvent, signatureOf, stripeId } from "../../../support/payment-event.ts";
import type { AttackWorld } from "../attack-world.ts";
import { ROOT_NAME, type Attack, type AttackRequest, type Row } from "../row.ts";
import { asks, WEBHOOK } from "./requests.ts";

const EVENT = JSON.stringify(eventOf("customer.created", { id: "cus_1" }));
const PAID = JSON.stringify(
  eventOf("payment_intent.succeeded", {
    id: "pi_forged",
    metadata: { user_id: "ada", credits: "333.33" },
    amount_received: 1_000,
    currency: "usd",
  }),
);
const REFUSED = { status: 400, code: "invalid_signature" };
const BAD = "0".repeat(64);
const secretOf = (world: AttackWorld, name = "STRIPE_WEBHOOK_SECRET") => world.canaries.environment[name] ?? "";
const seconds = () => Math.floor(Date.now() / 1_000);

/** An event with this signature; refused as forged unless told otherwise. */
function event(
  what: string,
  signature: string | string[] | undefined,
  body: string | Uint8Array = PAID,
  expected: AttackRequest["expect"] = REFUSED,
  { type = "application/json", as = null }: { type?: string; as?: string | null } = {},
): AttackRequest {
  const headers = { "Content-Type": type, ...(signature !== undefined && { "Stripe-Signature": signature }) };
  return { what, target: WEBHOOK, as, headers, body, expect: expected };
}

/** A payment with these members instead of its own, for a top-up of `ada`: what becomes of it, and that it granted nothing. */
async function grantsNothing(
  { world }: Attack,
  misfits: Readonly<Record<string, Record<string, unknown>>>,
  outcome = "200 quarantined",
): Promise<void> {
  for (const [what, more] of Object.entries(misfits)) {
    const topUp = await givenTopUp(world, { user: "ada" });
    const before = await balanceOf(world, "ada");
    const answers = [await postEvent(world, succeededOf(topUp, more)), await postEvent(world, succeededOf(topUp, more))];
    expect([what, ...answers.map(outcomeOf)]).toEqual([what, outcome, outcome]);
    expect([what, await grantsOf(world, topUp.payment), await balanceOf(world, "ada")]).toEqual([what, [], before]);
  }
}

export const STRIPE_WEBHOOK: readonly Row[] = [
  {
    id: 99,
    what: "no signature, or none that could be one",
    requests: ({ world }) => {
      const [at, good] = [seconds(), digestOf(PAID, secretOf(world), seconds())];
      return [
        event("none", undefined),
        event("empty", ""),
        event("garbage", "garbage"),
        event("a time alone", `t=${at}`),
        event("a digest alone", `v1=${good}`),
        event("an empty digest", `t=${at},v1=`),
        event("an empty time", `t=,v1=${good}`),
        event("a time that is no number", `t=${at}x,v1=${good}`),
        event("half a digest", `t=${at},v1=${good.slice(0, 32)}`),
        event("the digest of nothing", `t=${at},v1=${digestOf("", secretOf(world), at)}`),
        event("10 KB", `t=${at},v1=${"0".repeat(10_000)}`),
      ];
    },
  },
  {
    id: 100,
    what: "signed more than five minutes ago",
    requests: ({ world }) => [301, 600, 86_400].map((ago) => event(`${ago} s ago`, signatureOf(PAID, secretOf(world), seconds() - ago))),
  },
  {
    id: 101,
    what: "signed in the future",
    requests: ({ world }) =>
      [310, 86_400, 1e9].map((ahead) => event(`${ahead} s ahead`, signatureOf(PAID, secretOf(world), seconds() + ahead))),
  },
  {
    id: 102,
    what: "another secret, and only schemes that do not count",
    requests: ({ world }) => {
      const [at, secret] = [seconds(), secretOf(world)];
      return [
        event("another account's", signatureOf(PAID, "whsec_another_account", at)),
        event("without its prefix", signatureOf(PAID, secret.replace("whsec_", ""), at)),
        event("the API key", signatureOf(PAID, secretOf(world, "STRIPE_SECRET_KEY"), at)),
        event("none", `t=${at},v1=${digestOf(PAID, "", at)}`),
        event("v0 alone", `t=${at},v0=${digestOf(PAID, secret, at)}`),
        event("v2 alone", `t=${at},v2=${digestOf(PAID, secret, at)}`),
      ];
    },
  },
  {
    id: 103,
    what: "signed, and then changed by a byte, a blank, a spelling",
    requests: ({ world }) => {
      const signature = signatureOf(PAID, secretOf(world));
      const changed = {
        digit: PAID.replace("1000", "9000"),
        newline: `${PAID}\n`,
        pretty: JSON.stringify(JSON.parse(PAID), null, 1),
        bom: `\ufeff${PAID}`,
        cut: PAID.slice(0, -1),
        empty: "",
      };
      return Object.entries(changed).map(([what, body]) => event(what, signature, body));
    },
  },
  {
    id: 104,
    what: "two signatures of which one is right, and the secret that is being rotated out",
    requests: ({ world }) => {
      const [at, good] = [seconds(), digestOf(EVENT, secretOf(world), seconds())];
      const taken = { status: 200 };
      return [
        event("after a wrong one", `t=${at},v1=${BAD},v1=${good}`, EVENT, taken),
        event("before a wrong one", `t=${at},v1=${good},v1=${BAD}`, EVENT, taken),
        event("the previous secret", signatureOf(EVENT, secretOf(world, "STRIPE_WEBHOOK_SECRET_PREVIOUS")), EVENT, taken),
        event("both wrong", `t=${at},v1=${BAD},v1=${BAD}`, EVENT),
      ];
    },
  },
  {
    id: 105,
    what: "a good event, over and over, at once and afterwards",
    story: async ({ world, many }) => {
      const topUp = await givenTopUp(world, { user: "rhea" });
      const good = succeededOf(topUp);
      const outcomes = (await atOnce(many(200, 40), () => postEvent(world, good))).map(outcomeOf);
      outcomes.push(outcomeOf(await postEvent(world, good)));
      expect(outcomes.filter((outcome) => !/^200 (?:ok|already_processed)$/.test(outcome))).toEqual([]);
      expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
      expect(await balanceOf(world, "rhea")).toBe("333.33000000");
    },
  },
  {
    id: 106,
    what: "the same payment in new events",
    story: async ({ world }) => {
      const topUp = await givenTopUp(world, { user: "nia" });
      const outcomes = (await atOnce(12, () => postEvent(world, succeededOf(topUp)))).map(outcomeOf);
      expect(outcomes.filter((outcome) => outcome === "200 ok")).toHaveLength(1);
      expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
    },
  },
  {
    id: 107,
    what: "another amount than the top-up's",
    story: (attack) =>
      grantsNothing(attack, { less: { amount_received: 999 }, more: { amount_received: 1_001 }, much: { amount_received: 100_000 } }),
  },
  {
    id: 108,
    what: "another currency, or none",
    story: (attack) => grantsNothing(attack, { yen: { currency: "jpy" }, capitals: { currency: "USD" }, none: { currency: null } }),
  },
  { id: 109, what: "a live payment on a stage with a test key", story: (attack) => grantsNothing(attack, { live: { livemode: true } }) },
  {
    id: 110,
    what: "metadata that name another user, nobody, or nothing",
    story: async (attack) => {
      const { world } = attack;
      const topUp = await givenTopUp(world, { user: "ada" });
      const before = [await balanceOf(world, "ada"), await balanceOf(world, "bob")];
      const metadata = { user_id: "bob", top_up_id: topUp.id };
      expect(outcomeOf(await postEvent(world, succeededOf(topUp, { metadata })))).toBe("200 quarantined");
      await grantsNothing(attack, { none: { metadata: null }, empty: { metadata: {} } }, "200 ignored");
      const unreadable = {
        "top-up": { top_up_id: "' OR 1=1" },
        user: { user_id: "a\nb", credits: "1" },
        credits: { user_id: "ada", credits: "1e9" },
        negative: { user_id: "ada", credits: "-5" },
      };
      for (const [what, given] of Object.entries(unreadable)) {
        await grantsNothing(attack, { [what]: { metadata: given } }, "422 malformed_metadata: malformed webhook metadata");
      }
      expect([await balanceOf(world, "ada"), await balanceOf(world, "bob")]).toEqual(before);
    },
  },
  {
    id: 111,
    what: "a success that is none",
    story: (attack) =>
      grantsNothing(attack, {
        capture: { status: "requires_capture" },
        canceled: { status: "canceled" },
        nothing: { amount_received: 0 },
        part: { amount_received: 500 },
      }),
  },
  {
    id: 112,
    what: "events of another kind, version or account",
    story: async ({ world }) => {
      const thin = {
        id: stripeId("evt"),
        object: "v2.core.event",
        type: "v1.billing.meter.error_report_triggered",
        related_object: { id: "x" },
      };
      const events: object[] = [
        thin,
        {},
        { id: 5 },
        eventOf("invoice.paid", { id: "in_1" }),
        eventOf("charge.succeeded", { id: "ch_1" }, { account: "acct_other" }),
        eventOf("customer.created", {}, { api_version: "2015-01-01" }),
      ];
      for (const odd of events) expect(outcomeOf(await postEvent(world, odd))).toBe("200 ignored");
      const topUp = await givenTopUp(world, { user: "ola" });
      expect(outcomeOf(await postEvent(world, eventOf("checkout.session.completed", { id: "cs_1", payment_intent: topUp.payment })))).toBe(
        "200 ignored",
      );
      expect([await grantsOf(world, topUp.payment), (await topUpRow(world, topUp.id)).status]).toEqual([[], "pending"]);
    },
  },
  {
    id: 113,
    what: "other methods, other content types, a megabyte",
    requests: ({ world }) => [
      ...["GET", "PUT", "PATCH", "DELETE"].map((method) =>
        asks(
          `${method} /webhooks/stripe`,
          { status: 405, also: ({ headers }) => (headers.get("allow") === "POST" ? null : "Allow is not POST") },
          { as: null },
        ),
      ),
      ...["text/plain", "application/octet-stream", "application/x-www-form-urlencoded"].map((type) =>
        event(`as ${type}`, signatureOf(EVENT, secretOf(world)), EVENT, { status: 200 }, { type }),
      ),
      event("a megabyte", signatureOf("x".repeat(1_000_000), secretOf(world)), "x".repeat(1_000_000), { status: 413 }),
      event("signed, and no JSON", signatureOf("{", secretOf(world)), "{", { status: 400, code: "malformed_request" }),
    ],
  },
  {
    id: 114,
    what: "tokens of people instead of a signature",
    requests: () => ["ada", ROOT_NAME].map((as) => event(`the token of ${as}`, undefined, PAID, REFUSED, { as })),
  },
];
