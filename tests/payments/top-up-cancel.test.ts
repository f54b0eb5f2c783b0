// An unpaid top-up is canceled by its owner: at Stripe and here, its place free at once. What was paid first is granted and not canceled,
// whoever is quicker; a Stripe that is away changes nothing; and another person's is as if it never was.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cancelTopUp } from "@pantheon/core/payments/cancel.ts";
import { newId } from "@pantheon/contract/id.ts";
import { atOnce, givenOpenConnections, refusalOf, statuses } from "../support/admin.ts";
import { balanceOf, grantsOf, topUpRow } from "../support/given-top-up.ts";
import { givenMovingStripe, type MovingStripe } from "../support/moving-stripe.ts";
import { givenCutContainer, givenPaymentContainer } from "../support/payment-container.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const START = "/api/v1/users/me/wallet/top-up";
const LIST = "/api/v1/users/me/wallet/top-ups";

let world: TestWorld;
/** A Stripe that sends no events: what a request did, it did itself. */
let silent: MovingStripe;
beforeAll(async () => {
  world = await testWorld();
  silent = await givenMovingStripe(world);
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await silent.close();
  await world.end();
});

const cancel = (user: string, id: string, place: Pick<TestWorld, "call"> = silent.container): Promise<Answer> =>
  place.call("DELETE", `${LIST}/${id}`, { user });
const intentOf = (payment: string) => silent.stripe.intents().find(({ id }) => id === payment);
const stateOf = async (id: string) => topUpRow(world, id).then(({ status, slot }) => [status, slot]);

describe("canceling an unpaid top-up", () => {
  it("cancels its payment at Stripe, frees its place, and is answered alike however often it is asked", async () => {
    const ids: string[] = [];
    for (let place = 0; place < 10; place += 1) ids.push((await silent.start("full")).id);
    const more = () => silent.container.call("POST", START, { user: "full", body: { amount_usd: "10" } });
    expect(refusalOf(await more())).toBe("429 rate_limited");
    const [id = ""] = ids;
    const first = await cancel("full", id);
    const again = await cancel("full", id);
    const read = await silent.container.call("GET", `${LIST}/${id}`, { user: "full" });
    expect([first.status, first.json, again.status, again.text]).toEqual([
      200,
      expect.objectContaining({ id, status: "canceled", amount_usd: "10", credits_to_grant: "333.33" }),
      200,
      first.text,
    ]);
    expect(read.json).toEqual({ ...first.json, client_secret: null });
    expect(intentOf((await topUpRow(world, id)).payment_intent ?? "")?.status).toBe("canceled");
    expect([(await more()).status, refusalOf(await more())]).toEqual([200, "429 rate_limited"]);
  });

  it("is the same after a declined card, and while its payer is asked by their bank", async () => {
    for (const card of ["pm_card_chargeDeclined", "pm_card_authenticationRequired"]) {
      const { id, payment } = await silent.start(card);
      silent.stripe.pay(payment, card);
      expect([(await cancel(card, id)).json.status, await stateOf(id)]).toEqual(["canceled", ["canceled", null]]);
    }
  });

  it("without a payment asks Stripe nothing", async () => {
    silent.stripe.failNext({ status: 402, to: "POST /v1/payment_intents" });
    const started = await silent.container.call("POST", START, { user: "refused", body: { amount_usd: "10" }, key: "k" });
    const [row] = (await silent.container.call("GET", LIST, { user: "refused" })).json.top_ups;
    const { id } = row;
    const asked = silent.stripe.callsTo("POST /v1/payment_intents/");
    expect([started.status, row.status, (await cancel("refused", id)).json.status]).toEqual([502, "created", "canceled"]);
    expect([silent.stripe.callsTo("POST /v1/payment_intents/"), await stateOf(id)]).toEqual([asked, ["canceled", null]]);
  });

  it("twenty times at once is one cancellation and one answer", async () => {
    const { id } = await silent.start("clicker");
    await givenOpenConnections(world);
    const answers = await atOnce(20, () => cancel("clicker", id));
    expect([statuses(answers), new Set(answers.map(({ text }) => text)).size]).toEqual([{ 200: 20 }, 1]);
  });

  it("that was canceled at Stripe, or that Stripe does not know, is done", async () => {
    const { id, payment } = await silent.start("elsewhere");
    silent.stripe.cancel(payment);
    expect((await cancel("elsewhere", id)).json.status).toBe("canceled");
    const other = await silent.start("unknown");
    await world.owner.query.updateTable("top_ups").set({ payment_intent: "pi_unknown" }).where("id", "=", other.id).execute();
    expect([(await cancel("unknown", other.id)).json.status, await stateOf(other.id)]).toEqual(["canceled", ["canceled", null]]);
  });

  it("of somebody else, or of none, is 404 and changes nothing", async () => {
    const { id, payment } = await silent.start("owner");
    const before = await tracesOf(world);
    const answers = [await cancel("stranger", id), await cancel("stranger", newId()), await cancel("stranger", "x")];
    expect(answers.map(refusalOf)).toEqual(["404 not_found", "404 not_found", "404 not_found"]);
    expect([await tracesOf(world), intentOf(payment)?.status]).toEqual([before, "requires_payment_method"]);
  });
});

describe("canceling what was paid", () => {
  it("meanwhile grants it, once, and is 409", async () => {
    const { id, payment } = await silent.start("payer");
    silent.stripe.pay(payment, "pm_card_visa"); // its event is lost
    const answer = await cancel("payer", id);
    expect([refusalOf(answer), answer.json.detail]).toEqual(["409 conflict", "This top-up was paid, and its credits were granted."]);
    expect([await balanceOf(world, "payer"), await grantsOf(world, payment), await stateOf(id)]).toEqual([
      "333.33000000",
      ["333.33000000"],
      ["succeeded", null],
    ]);
    expect((await cancel("payer", id)).text.replace(answer.json.request_id, "")).toContain("its credits were granted");
  });

  it("and is on its way is 409, and stays so", async () => {
    const { id, payment } = await silent.start("bank");
    silent.stripe.pay(payment, "pm_usBankAccount_processing");
    const answer = await cancel("bank", id);
    expect([refusalOf(answer), answer.json.detail]).toEqual(["409 conflict", "This top-up is being paid. It cannot be canceled any more."]);
    expect((await stateOf(id))[1]).not.toBeNull();
  });

  it("at the same moment ends in one of the two, never in both, whoever is quicker", async () => {
    const ends: string[] = [];
    for (let time = 0; time < 30; time += 1) {
      const user = `close-${time}`;
      const { json } = await world.call("POST", START, { user, body: { amount_usd: "10" } });
      const { payment_intent: payment } = await topUpRow(world, json.id);
      const paying = async () => {
        await new Promise((resolve) => setImmediate(resolve));
        try {
          world.stripe.pay(payment ?? "", "pm_card_visa");
          return "paid";
        } catch {
          return "refused";
        }
      };
      const [paid, answer] = await (time % 2 === 0
        ? Promise.all([paying(), cancel(user, json.id, world)])
        : Promise.all([cancel(user, json.id, world), paying()]).then(([canceled, end]) => [end, canceled] as const));
      await world.stripe.settled();
      const [status] = await stateOf(json.id);
      ends.push(`${paid} ${answer.status} ${String(status)} ${(await grantsOf(world, payment ?? "")).length}`);
    }
    expect(ends.filter((end) => !["paid 409 succeeded 1", "refused 200 canceled 0"].includes(end))).toEqual([]);
  });
});

describe("when Stripe or the database is away, canceling", () => {
  it.each([
    [500, "GET", ""],
    [401, "GET", ""],
    [429, "GET", ""],
    [500, "POST", "/cancel"],
    [403, "POST", "/cancel"],
  ])("is 503 when Stripe answers %i to %s …%s, changes nothing, and works when sent again", async (status, method, end) => {
    const user = `away-${status}-${method}`;
    const { id, payment } = await silent.start(user);
    const before = await tracesOf(world);
    const times = method === "GET" && status >= 500 ? 3 : 1; // the SDK asks again by itself; a POST under the same key, so it hears the same
    silent.stripe.failNext({ status, times, to: `${method} /v1/payment_intents/${payment}${end}` });
    const answer = await cancel(user, id);
    expect([refusalOf(answer), answer.headers.get("retry-after")]).toEqual(["503 payment_unavailable", "5"]);
    expect([await tracesOf(world), intentOf(payment)?.status]).toEqual([before, "requires_payment_method"]);
    expect((await cancel(user, id)).json.status).toBe("canceled");
  });

  it("that Stripe refuses is looked at again: paid in between, it is granted", async () => {
    const { id, payment } = await silent.start("between");
    const { stripe } = silent.container.deps;
    const paidFirst: typeof stripe = stripe && {
      ...stripe,
      cancelIntent: async (intent) => {
        silent.stripe.pay(payment, "pm_card_visa");
        return stripe.cancelIntent(intent);
      },
    };
    const refused = await cancelTopUp({ ...silent.container.deps, stripe: paidFirst }, "between", id).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "conflict", message: "This top-up was paid, and its credits were granted." });
    expect([await grantsOf(world, payment), await stateOf(id)]).toEqual([["333.33000000"], ["succeeded", null]]);
  });

  it("is 503 without a key for Stripe", async () => {
    const { id } = await silent.start("keyless");
    const container = givenPaymentContainer(world, { config: { stripe: { ...world.config.stripe, secretKey: null } } });
    expect(refusalOf(await cancel("keyless", id, container))).toBe("503 not_configured");
    await container.close();
    expect((await stateOf(id))[0]).toBe("pending");
  });

  it("whose reply was lost after Stripe had canceled is finished by the next one", async () => {
    const { id, payment } = await silent.start("cut");
    const cut = await givenCutContainer(world);
    const place = givenPaymentContainer(world, {
      config: { stripe: { ...world.config.stripe, apiUrl: silent.stripe.url }, databaseUrl: cut.proxy.url },
    });
    cut.proxy.cut("before", "move_top_up");
    expect(refusalOf(await cancel("cut", id, place))).toBe("503 database_unavailable");
    expect([intentOf(payment)?.status, (await stateOf(id))[0]]).toEqual(["canceled", "pending"]);
    expect([(await cancel("cut", id, place)).json.status, await stateOf(id)]).toEqual(["canceled", ["canceled", null]]);
    await place.close();
    await cut.close();
  });
});
