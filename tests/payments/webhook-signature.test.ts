// Only what Stripe signed, over exactly these bytes and within five minutes, reaches the ledger: whatever else is posted to the webhook is
// refused before the database hears of it.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { lambdaHandler } from "@pantheon/edge/lambda/buffered.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { exactRequest } from "../support/exact-request.ts";
import { givenTopUp, succeededOf } from "../support/given-top-up.ts";
import { givenPaymentContainer, type PaymentContainer } from "../support/payment-container.ts";
import { digestOf, eventOf, outcomeOf, postEvent, signatureOf } from "../support/payment-event.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const NOW = 1_900_000_000; // a whole second, in seconds
const [CURRENT, PREVIOUS, OTHER] = ["whsec_current", "whsec_previous", "whsec_of_another_account"];
const ADMIN = "root";
const REFUSED = "400 invalid_signature: invalid stripe signature";

let world: TestWorld;
let container: PaymentContainer;
let paid: string;
let before: unknown;

beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: ADMIN } });
  container = containerWith([CURRENT, PREVIOUS]);
  paid = JSON.stringify(succeededOf(await givenTopUp(world)));
  before = await tracesOf(world);
});
afterEach(() => expectNothingHappened());
afterAll(async () => {
  await container.close();
  await world.end();
});

/** A container whose clock stands still, with these secrets. */
function containerWith(webhookSecrets: readonly string[], stage = "production"): PaymentContainer {
  return givenPaymentContainer(world, { clock: () => NOW * 1_000, config: { stage, stripe: { ...world.config.stripe, webhookSecrets } } });
}

function post(raw: string | Uint8Array<ArrayBuffer>, signature: string | undefined, place = container): Promise<Answer> {
  const headers = { ...(signature !== undefined && { "Stripe-Signature": signature }) };
  return place.call("POST", "/webhooks/stripe", { user: null, raw, headers });
}

const good = (payload: string) => digestOf(payload, CURRENT, NOW);
const bad = "0".repeat(64);

/** Every header that must be refused, from the payload it is sent with. */
const BAD_HEADERS: Readonly<Record<string, (payload: string) => string | undefined>> = {
  "no header": () => undefined,
  "an empty header": () => "",
  blanks: () => "   ",
  garbage: () => "garbage",
  "a time alone": () => `t=${NOW}`,
  "a digest alone": (payload) => `v1=${good(payload)}`,
  "an empty time": (payload) => `t=,v1=${good(payload)}`,
  "an empty digest": () => `t=${NOW},v1=`,
  "a digest without a value": () => `t=${NOW},v1`,
  "an empty digest before another": () => `t=${NOW},v1=,v1=${bad}`,
  "64 characters outside of ASCII": () => `t=${NOW},v1=${"é".repeat(64)}`,
  "a time that is no number": (payload) => `t=${NOW}x,v1=${good(payload)}`,
  "a time with an exponent": (payload) => `t=1.9e9,v1=${digestOf(payload, CURRENT, 1.9e9)}`,
  "a negative time": (payload) => `t=-${NOW},v1=${digestOf(payload, CURRENT, -NOW)}`,
  "301 s ago": (payload) => signatureOf(payload, CURRENT, NOW - 301),
  "a day ago": (payload) => signatureOf(payload, CURRENT, NOW - 86_400),
  "301 s ahead": (payload) => signatureOf(payload, CURRENT, NOW + 301),
  "a day ahead": (payload) => signatureOf(payload, CURRENT, NOW + 86_400),
  "another time than was signed": (payload) => `t=${NOW},v1=${digestOf(payload, CURRENT, NOW - 1)}`,
  "a good time before the stale one that was signed": (payload) =>
    `t=${NOW},t=${NOW - 3_600},v1=${digestOf(payload, CURRENT, NOW - 3_600)}`,
  "a good time before the future one that was signed": (payload) =>
    `t=${NOW},t=${NOW + 86_400},v1=${digestOf(payload, CURRENT, NOW + 86_400)}`,
  "a good time after the future one that was signed": (payload) =>
    `t=${NOW + 86_400},t=${NOW},v1=${digestOf(payload, CURRENT, NOW + 86_400)}`,
  "the scheme v0 alone": (payload) => `t=${NOW},v0=${good(payload)}`,
  "the scheme v2": (payload) => `t=${NOW},v2=${good(payload)}`,
  "the secret of another account": (payload) => signatureOf(payload, OTHER, NOW),
  "a secret without its prefix": (payload) => signatureOf(payload, CURRENT.replace("whsec_", ""), NOW),
  "an empty secret": (payload) => `t=${NOW},v1=${digestOf(payload, "", NOW)}`,
  "two digests, both wrong": () => `t=${NOW},v1=${bad},v1=${bad}`,
  "half a digest": (payload) => `t=${NOW},v1=${good(payload).slice(0, 32)}`,
  "a digest and a half": (payload) => `t=${NOW},v1=${good(payload)}${good(payload).slice(0, 32)}`,
  "the digest of nothing": () => `t=${NOW},v1=${good("")}`,
};

const GOOD_HEADERS: Readonly<Record<string, (payload: string) => string>> = {
  "now, with the current secret": (payload) => signatureOf(payload, CURRENT, NOW),
  "now, with the previous secret": (payload) => signatureOf(payload, PREVIOUS, NOW),
  "300 s ago": (payload) => signatureOf(payload, CURRENT, NOW - 300),
  "300 s ahead": (payload) => signatureOf(payload, CURRENT, NOW + 300),
  "a wrong digest before the right one": (payload) => `t=${NOW},v1=${bad},v1=${good(payload)}`,
  "a wrong digest after the right one": (payload) => `t=${NOW},v1=${good(payload)},v1=${bad}`,
  "both secrets at once": (payload) => `t=${NOW},v1=${digestOf(payload, OTHER, NOW)},v1=${digestOf(payload, PREVIOUS, NOW)}`,
  "a v0 digest beside it": (payload) => `t=${NOW},v1=${good(payload)},v0=${bad}`,
};

const elsewhere = JSON.stringify(eventOf("customer.created", { id: "cus_1" }));

describe("a signature", () => {
  it.each(Object.entries(BAD_HEADERS))("is refused, and the database is not asked: %s", async (_what, header) => {
    const asked = container.statements();
    expect(outcomeOf(await post(paid, header(paid)))).toBe(REFUSED);
    expect(container.statements()).toBe(asked);
  });

  it.each(Object.entries(GOOD_HEADERS))("is taken: %s", async (_what, header) => {
    expect(outcomeOf(await post(elsewhere, header(elsewhere)))).toBe("200 ignored");
  });

  it("is not replaced by the token of a user, nor by one of an admin", async () => {
    for (const user of ["ada", ADMIN]) {
      const headers = { Authorization: `Bearer ${await world.issuer.token({ user })}` };
      expect(outcomeOf(await container.call("POST", "/webhooks/stripe", { user: null, raw: paid, headers }))).toBe(REFUSED);
    }
  });
});

const PRETTY = JSON.stringify(eventOf("customer.created", { id: "cus_1", name: "Zoë 😀" }), null, 2);

/** What was signed, and what arrived instead. */
const CHANGED: readonly (readonly [what: string, signed: string, arrived: string])[] = [
  ["one digit", '{"amount":1000}', '{"amount":9000}'],
  ["one letter's case", '{"type":"a"}', '{"type":"A"}'],
  ["a line break more", "{}", "{}\n"],
  ["a blank before it", "{}", " {}"],
  ["a byte order mark before it", "{}", "\ufeff{}"],
  ["line ends", PRETTY.replaceAll("\n", "\r\n"), PRETTY],
  ["the same JSON, written again", PRETTY, JSON.stringify(JSON.parse(PRETTY))],
  ["another order of members", '{"a":1,"b":2}', '{"b":2,"a":1}'],
  ["an escape for its character", '{"a":"é"}', String.raw`{"a":"\u00e9"}`],
  ["another form of the same letter", '{"a":"é"}', '{"a":"e\u0301"}'],
  ["its last byte", "{}", "{"],
  ["all of it", PRETTY, ""],
];

describe("a body", () => {
  it.each(CHANGED)("that differs from what was signed is refused: %s", async (_what, signed, arrived) => {
    expect(outcomeOf(await post(arrived, signatureOf(signed, CURRENT, NOW)))).toBe(REFUSED);
    expect(outcomeOf(await post(signed, signatureOf(signed, CURRENT, NOW)))).toBe("200 ignored");
  });

  it("that is no JSON, or no UTF-8, is malformed although it was signed", async () => {
    for (const raw of ["", "{", "nothing", '{"id":}']) {
      expect(outcomeOf(await post(raw, signatureOf(raw, CURRENT, NOW)))).toMatch(/^400 /);
    }
    const broken = Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    expect((await post(broken, `t=${NOW},v1=${digestOf(broken, CURRENT, NOW)}`)).status).toBe(400);
  });

  it("is taken whatever content type it says it is", async () => {
    for (const type of ["text/plain", "application/json; charset=utf-8", "application/octet-stream", "application/x-www-form-urlencoded"]) {
      const headers = { "Stripe-Signature": signatureOf(elsewhere, CURRENT, NOW), "Content-Type": type };
      expect(outcomeOf(await container.call("POST", "/webhooks/stripe", { user: null, raw: elsewhere, headers }))).toBe("200 ignored");
    }
  });

  it("of 300 KB, and of 512 KiB to the byte, is taken; of one byte more, of 600 KB and of 1 MB it is 413", async () => {
    for (const [size, expected] of [
      [300_000, "200 ignored"],
      [512 * 1024, "200 ignored"],
      [512 * 1024 + 1, "413"],
      [600_000, "413"],
      [1_000_000, "413"],
    ] as const) {
      const raw = sized(size);
      expect(Buffer.byteLength(raw)).toBe(size);
      expect(outcomeOf(await post(raw, signatureOf(raw, CURRENT, NOW)))).toMatch(new RegExp(`^${expected}`));
    }
  });
});

/** The harmless event, so many octets long. */
function sized(size: number): string {
  return `${elsewhere.slice(0, -1)},"pad":"${"x".repeat(size - elsewhere.length - 9)}"}`;
}

describe("the address", () => {
  it("takes POST alone", async () => {
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "HEAD"]) {
      const answer = await exactRequest(world.apiUrl, { method, path: "/webhooks/stripe" });
      expect([method, answer.status, answer.headers.get("allow")]).toEqual([method, 405, "POST"]);
    }
  });

  it("is reached over real HTTP, where the time is the real one", async () => {
    expect(outcomeOf(await postEvent(world, eventOf("customer.created", { id: "cus_1" })))).toBe("200 ignored");
    const raw = JSON.stringify(eventOf("customer.created", { id: "cus_1" }));
    const secret = world.config.stripe.webhookSecrets[0] ?? "";
    for (const seconds of [-310, 310]) {
      const headers = { "Stripe-Signature": signatureOf(raw, secret, Math.floor(Date.now() / 1_000) + seconds) };
      expect(outcomeOf(await world.call("POST", "/webhooks/stripe", { user: null, raw, headers }))).toBe(REFUSED);
    }
  });
});

describe("behind Lambda", () => {
  const BODIES: readonly string[] = [
    elsewhere,
    PRETTY,
    PRETTY.replaceAll("\n", "\r\n"),
    `${elsewhere}\n`,
    ` \t${elsewhere}`,
    JSON.stringify({ ...JSON.parse(elsewhere), note: 'Zoë, 日本, 😀, \u0000, \u2028, \\, "' }),
    `${elsewhere.slice(0, -1)},"raw":"é\u2028 €"}`,
    `${elsewhere.slice(0, -1)},"pad":"${"é".repeat(150_000)}"}`,
  ];

  it("the bytes are the same in plain and in base64, and one that is changed is refused", async () => {
    const handler = lambdaHandler(stripeWebhookApp(container.deps));
    const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 10_000 };
    const send = async (raw: string, signature: string, isBase64Encoded: boolean) => {
      const { statusCode, body } = await handler(lambdaEvent(raw, signature, isBase64Encoded), context);
      return `${statusCode} ${body}`;
    };
    for (const raw of BODIES) {
      const signature = signatureOf(raw, CURRENT, NOW);
      for (const encoded of [false, true]) {
        expect(await send(raw, signature, encoded)).toBe('200 {"status":"ignored"}');
        expect(await send(raw.replace("cus_1", "cus_2"), signature, encoded)).toMatch(/^400 .*invalid stripe signature/);
      }
    }
  });
});

function lambdaEvent(raw: string, signature: string, isBase64Encoded: boolean): object {
  return {
    version: "2.0",
    rawPath: "/webhooks/stripe",
    headers: { "content-type": "application/json", "stripe-signature": signature },
    requestContext: { http: { method: "POST", path: "/webhooks/stripe" } },
    body: isBase64Encoded ? Buffer.from(raw).toString("base64") : raw,
    isBase64Encoded,
  };
}

async function expectNothingHappened(): Promise<void> {
  expect(await tracesOf(world)).toEqual(before);
}
