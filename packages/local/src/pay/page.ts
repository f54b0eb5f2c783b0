// The pay page of the local world: a person tops up a wallet through the product's API, pays with a test card at the stand-in Stripe, and
// watches the signed event change the wallet. No token reaches the browser, and no other site's page can use it.

import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { NONCE, secureHeaders, type SecureHeadersVariables } from "hono/secure-headers";
import type { Issuer } from "@pantheon/stand-ins/issuer.ts";
import { paymentMethodOf } from "@pantheon/stand-ins/stripe/cards.ts";
import { StripeRefusal } from "@pantheon/stand-ins/stripe/refusal.ts";
import type { StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { payApi, refusalOf, type Account, type PayApi, type TopUp } from "./api.ts";
import { keepFaults, type Faults } from "./faults.ts";
import { askUser, cardPage, confirmPage, faultPage, ledgerRow, page, walletPage, watchPage, type Html, type Shown } from "./view.ts";
import { addressOf, inDollars, stateOf, walletAddress, type Price } from "./words.ts";

export type PayPageParts = {
  readonly apiUrl: string;
  readonly stripe: Pick<StandInStripe, "intents" | "pay" | "complete">;
  readonly issuer: Pick<Issuer, "token">;
  /** What is said of prices and limits before anybody pays. */
  readonly config: Price;
};

type Env = { Variables: SecureHeadersVariables };
type Parts = { readonly api: PayApi; readonly stripe: PayPageParts["stripe"]; readonly price: Price; readonly faults: Faults };

/** Everything under /pay, under its full path. */
export function payPage({ apiUrl, stripe, issuer, config }: PayPageParts): Hono<Env> {
  const parts: Parts = { api: payApi(apiUrl, issuer), stripe, price: config, faults: keepFaults() };
  const app = new Hono<Env>();
  app.onError(answerFault);
  app.notFound((c) => show(c, { title: "Nothing here", content: faultPage("There is no such page.") }, 404));
  app.use(protection(), onlyHere, csrf(), bodyLimit({ maxSize: 8 * 1024, onError: refuseSize }));
  app.get("/pay", async (c) => {
    const user = c.req.query("user");
    if (user === undefined) return show(c, { title: "Top up", content: askUser() });
    const shown = shownOf(await parts.api.account(user), parts);
    return show(c, { title: "Wallet", content: walletPage(user, shown, parts.faults.find(c.req.query("fault"))) });
  });
  app.post("/pay", async (c) => start(c, parts));
  app.get("/pay/:id", async (c) => {
    const { user, id } = whose(c);
    const topUp = await parts.api.topUp(user, id);
    if (!PAYABLE.has(topUp.status)) return c.redirect(addressOf(user, id, "/watch"), 303);
    return show(c, { title: "Pay", content: cardPage(user, topUp, parts.price, parts.faults.find(c.req.query("fault"))) });
  });
  app.post("/pay/:id", async (c) => pay(c, parts));
  app.get("/pay/:id/confirm", async (c) => {
    const { user, id } = whose(c);
    const topUp = await parts.api.topUp(user, id);
    if (!isConfirming(parts, id)) return c.redirect(addressOf(user, id, "/watch"), 303);
    return show(c, { title: "Confirm", content: confirmPage(user, topUp) });
  });
  app.post("/pay/:id/confirm", async (c) => confirm(c, parts));
  watching(app, parts);
  return app;
}

/** The wallet while a payment's event is waited for: as a page, and as what its script asks for. */
function watching(app: Hono<Env>, parts: Parts): void {
  app.get("/pay/:id/watch", async (c) => {
    const { user, account, topUp } = await watched(c, parts);
    return show(c, { title: "Paid", ...watchPage(user, shownOf(account, parts), topUp, nonceOf(c)) });
  });
  app.get("/pay/:id/state", async (c) => {
    const { account, topUp } = await watched(c, parts);
    const rows = account.rows.map((row) => ledgerRow(row, parts.price));
    const message = stateOf(topUp, isConfirming(parts, topUp.id));
    const worth = inDollars(account.balance, parts.price);
    return c.json({ balance: account.balance, worth, message, isGranted: topUp.status === "succeeded", rows });
  });
}

function shownOf(account: Account, parts: Parts): Shown {
  const confirming = new Set(account.topUps.map(({ id }) => id).filter((id) => isConfirming(parts, id)));
  return { account, price: parts.price, confirming };
}

/** The payment intent of a top-up at the stand-in. */
function intentOf({ stripe }: Parts, topUp: string) {
  return stripe.intents().find(({ metadata }) => metadata["top_up_id"] === topUp);
}

function isConfirming(parts: Parts, topUp: string): boolean {
  return intentOf(parts, topUp)?.status === "requires_action";
}

const PAYABLE = new Set(["created", "pending", "failed"]);

/** Nothing is loaded from anywhere, and only what carries the document's own nonce runs. */
function protection() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: [NONCE],
      styleSrc: [NONCE],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: "same-origin", // with no referrer at all a browser would hide the origin of our own forms, too
    xFrameOptions: "DENY",
    strictTransportSecurity: false,
  });
}

const HERE = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Another site could point a name of its own at this machine; then the name in the address gives it away. */
const onlyHere = createMiddleware<Env>(async (c, next) => {
  if (!HERE.has(new URL(c.req.url).hostname)) {
    return show(c, { title: "Not here", content: faultPage("This page is for this machine only.") }, 403);
  }
  await next();
  c.header("Cache-Control", "no-store");
  return undefined;
});

function refuseSize(c: Context<Env>): Response | Promise<Response> {
  return show(c, { title: "Too large", content: faultPage("That is too much for a form.") }, 413);
}

async function start(c: Context<Env>, { api, faults }: Parts): Promise<Response> {
  const form = await formOf(c);
  const [user, amount] = [form("user"), form("amount_usd").trim()];
  try {
    return c.redirect(addressOf(user, await api.start(user, amount, form("key"))), 303);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    await api.account(user); // a user who has no page is told so here
    return c.redirect(walletAddress(user, faults.keep({ message: refusal.message, value: amount })), 303);
  }
}

async function pay(c: Context<Env>, parts: Parts): Promise<Response> {
  const { user, id } = whose(c);
  const card = (await formOf(c))("card").trim();
  const topUp = await parts.api.topUp(user, id);
  if (!PAYABLE.has(topUp.status)) return c.redirect(addressOf(user, id, "/watch"), 303);
  const again = (message: string, value = card) => c.redirect(addressOf(user, id, "", parts.faults.keep({ message, value })), 303);
  const paymentMethod = paymentMethodOf(card);
  if (paymentMethod === null) return again("That is none of the test cards. A real card number does not belong here.", ""); // nor is it kept
  const intent = intentOf(parts, topUp.id);
  if (intent === undefined) return again("The stand-in Stripe does not know this payment. Start a new top-up.");
  try {
    const tried = parts.stripe.pay(intent.id, paymentMethod);
    if (tried.last_payment_error !== null) return again(tried.last_payment_error.message);
    if (tried.status === "requires_action") return c.redirect(addressOf(user, id, "/confirm"), 303);
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error; // it is paid already, or canceled: the next page says which
  }
  return c.redirect(addressOf(user, id, "/watch"), 303);
}

/** The payer's answer to the bank. One that comes twice, or late, changes nothing: the next page says how it stands. */
async function confirm(c: Context<Env>, parts: Parts): Promise<Response> {
  const { user, id } = whose(c);
  const outcome = (await formOf(c))("outcome") === "succeeded" ? "succeeded" : "failed";
  await parts.api.topUp(user, id); // whose it is
  const intent = intentOf(parts, id);
  if (intent?.status !== "requires_action") return c.redirect(addressOf(user, id, "/watch"), 303);
  parts.stripe.complete(intent.id, outcome);
  if (outcome === "succeeded") return c.redirect(addressOf(user, id, "/watch"), 303);
  const message = "The payment was not confirmed, so nothing was charged. Try again, or take another card.";
  return c.redirect(addressOf(user, id, "", parts.faults.keep({ message, value: "" })), 303);
}

/** The wallet and one of its top-ups, from the list: that does not ask Stripe, so that what changes was changed by the event. */
async function watched(c: Context<Env>, { api }: Parts): Promise<{ user: string; account: Account; topUp: TopUp }> {
  const { user, id } = whose(c);
  const account = await api.account(user);
  const topUp = account.topUps.find((one) => one.id === id) ?? (await api.topUp(user, id));
  return { user, account, topUp };
}

function whose(c: Context<Env>): { user: string; id: string } {
  return { user: c.req.query("user") ?? "", id: c.req.param("id") ?? "" };
}

async function formOf(c: Context<Env>): Promise<(name: string) => string> {
  const body = await c.req.parseBody();
  return (name) => {
    const value = body[name];
    return typeof value === "string" ? value : "";
  };
}

function answerFault(error: Error, c: Context<Env>): Response | Promise<Response> {
  if (error instanceof HTTPException)
    return show(c, { title: "Refused", content: faultPage("Another site may not do this.") }, error.status);
  const refusal = refusalOf(error);
  if (refusal !== null) return show(c, { title: "Refused", content: faultPage(refusal.message) }, refusal.status);
  return show(c, { title: "Failed", content: faultPage("The local world could not answer.") }, 500);
}

async function show(c: Context<Env>, view: { title: string; head?: Html; content: Html }, status = 200): Promise<Response> {
  const document = await page({ nonce: nonceOf(c), ...view });
  return new Response(document.toString(), { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

function nonceOf(c: Context<Env>): string {
  return c.get("secureHeadersNonce") ?? "";
}
