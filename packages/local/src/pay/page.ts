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
import { addressOf, askUser, cardPage, faultPage, page, stateOf, walletPage, watchPage, type Html } from "./view.ts";

export type PayPageParts = {
  readonly apiUrl: string;
  readonly stripe: Pick<StandInStripe, "intents" | "pay">;
  readonly issuer: Pick<Issuer, "token">;
};

type Env = { Variables: SecureHeadersVariables };
type Parts = { readonly api: PayApi; readonly stripe: PayPageParts["stripe"] };

/** Everything under /pay, under its full path. */
export function payPage({ apiUrl, stripe, issuer }: PayPageParts): Hono<Env> {
  const parts: Parts = { api: payApi(apiUrl, issuer), stripe };
  const app = new Hono<Env>();
  app.onError(answerFault);
  app.notFound((c) => show(c, { title: "Nothing here", content: faultPage("There is no such page.") }, 404));
  app.use(protection(), onlyHere, csrf(), bodyLimit({ maxSize: 8 * 1024, onError: refuseSize }));
  app.get("/pay", async (c) => {
    const user = c.req.query("user");
    if (user === undefined) return show(c, { title: "Top up", content: askUser() });
    return show(c, { title: "Wallet", content: walletPage(user, await parts.api.account(user), null) });
  });
  app.post("/pay", async (c) => start(c, parts));
  app.get("/pay/:id", async (c) => {
    const { user, id } = whose(c);
    const topUp = await parts.api.topUp(user, id);
    if (!PAYABLE.has(topUp.status)) return c.redirect(addressOf(user, id, "/watch"), 303);
    return show(c, { title: "Pay", content: cardPage(user, topUp, null) });
  });
  app.post("/pay/:id", async (c) => pay(c, parts));
  app.get("/pay/:id/watch", async (c) => {
    const { user, account, topUp } = await watched(c, parts);
    return show(c, { title: "Paid", ...watchPage(user, account, topUp, nonceOf(c)) });
  });
  app.get("/pay/:id/state", async (c) => {
    const { account, topUp } = await watched(c, parts);
    const rows = account.rows.map(({ kind, amount, balance_after: balanceAfter }) => ({ kind, amount, balanceAfter }));
    return c.json({ balance: account.balance, message: stateOf(topUp), isGranted: topUp.status === "succeeded", rows });
  });
  return app;
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

async function start(c: Context<Env>, { api }: Parts): Promise<Response> {
  const form = await formOf(c);
  const [user, amount] = [form("user"), form("amount_usd").trim()];
  try {
    return c.redirect(addressOf(user, await api.start(user, amount, form("key"))), 303);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    const account = await api.account(user);
    return show(c, { title: "Wallet", content: walletPage(user, account, { message: refusal.message, amount }) }, refusal.status);
  }
}

async function pay(c: Context<Env>, { api, stripe }: Parts): Promise<Response> {
  const { user, id } = whose(c);
  const card = (await formOf(c))("card").trim();
  const topUp = await api.topUp(user, id);
  if (!PAYABLE.has(topUp.status)) return c.redirect(addressOf(user, id, "/watch"), 303);
  const again = (message: string, status: number) => show(c, { title: "Pay", content: cardPage(user, topUp, { message, card }) }, status);
  const paymentMethod = paymentMethodOf(card);
  if (paymentMethod === null) return again("That is none of the test cards. A real card number does not belong here.", 422);
  const intent = stripe.intents().find(({ client_secret: secret }) => secret === topUp.client_secret);
  if (intent === undefined) return again("The stand-in Stripe does not know this payment. Start a new top-up.", 409);
  try {
    const declined = stripe.pay(intent.id, paymentMethod).last_payment_error;
    if (declined !== null) return again(declined.message, 402);
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error; // it is paid already, or canceled: the next page says which
  }
  return c.redirect(addressOf(user, id, "/watch"), 303);
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
