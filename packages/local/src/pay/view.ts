// The pay page's HTML. Every value goes through `html`, which escapes it; only our own stylesheet and script are put in as they are.

import { readFileSync } from "node:fs";
import { html, raw } from "hono/html";
import { newId } from "@pantheon/contract/id.ts";
import { amount } from "@pantheon/contract/money.ts";
import { CARDS } from "@pantheon/stand-ins/stripe/cards.ts";
import type { Account, LedgerRow, TopUp } from "./api.ts";
import type { Fault } from "./faults.ts";
import { addressOf, dollars, inDollars, isWhole, shortState, stateOf, timeOf, walletAddress, whatOf, type Price } from "./words.ts";

export type Html = ReturnType<typeof html>;

const STYLE = raw(readFileSync(new URL("./pay.css", import.meta.url), "utf8"));
const SCRIPT = raw(readFileSync(new URL("./watch.js", import.meta.url), "utf8"));

/** A whole document. `nonce` is what the content security policy allows this one to run and to style by. */
export function page({ nonce, title, head, content }: { nonce: string; title: string; head?: Html; content: Html }): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Pantheon, locally</title>
        ${head}
        <style nonce="${nonce}">
          ${STYLE}
        </style>
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>`;
}

export function askUser(): Html {
  return html`<h1>Top up a wallet</h1>
    <p class="quiet">The local world, with a stand-in for Stripe: no card is ever charged.</p>
    <section>
      <form method="get" action="/pay">
        <label for="user">Whose wallet?</label>
        <input id="user" name="user" required maxlength="64" autocomplete="off" value="ada" />
        <button>Go on</button>
      </form>
    </section>`;
}

/** What a wallet's page shows: the account, what credits cost, and which top-ups wait for their payer's confirmation. */
export type Shown = { readonly account: Account; readonly price: Price; readonly confirming: ReadonlySet<string> };

export function walletPage(user: string, shown: Shown, fault: Fault | null): Html {
  const { account, price } = shown;
  const { minUsd, maxUsd } = price.topUp;
  return html`<h1>Wallet of ${user}</h1>
    <p class="quiet">The local world, with a stand-in for Stripe: no card is ever charged.</p>
    ${balanceOf(account, price)}
    <section>
      <h2>Top up</h2>
      <p>A credit costs $${price.usdPerCredit.toFixed()}. From ${dollars(minUsd)} to ${dollars(maxUsd)} at a time.</p>
      <form method="post" action="/pay">
        <input type="hidden" name="user" value="${user}" />
        <input type="hidden" name="key" value="${newId()}" />
        ${fieldOf({ name: "amount_usd", label: "Amount in USD", value: fault?.value ?? "10.00", mode: "decimal", fault: fault?.message })}
        <button>Go on to pay</button>
      </form>
    </section>
    ${account.topUps.length === 0 ? "" : topUpsOf(user, shown)} ${ledgerOf(account.rows, price)}`;
}

function balanceOf({ balance, held }: Pick<Account, "balance" | "held">, price: Price): Html {
  return html`<section>
    <h2>Balance in credits</h2>
    <p class="balance" data-balance>${balance}</p>
    <p class="quiet" data-worth>${inDollars(balance, price)}</p>
    ${held === "0" ? "" : html`<p class="quiet">${held} of it are held by turns that run.</p>`}
  </section>`;
}

type Field = { name: string; label: string; value: string; mode: "decimal" | "numeric"; fault: string | undefined };

function fieldOf({ name, label, value, mode, fault }: Field): Html {
  const invalid = fault === undefined ? "" : raw(`aria-invalid="true" aria-describedby="${name}-fault" autofocus`);
  return html`<label for="${name}">${label}</label>
    <input id="${name}" name="${name}" value="${value}" inputmode="${mode}" required maxlength="40" autocomplete="off" ${invalid} />
    ${fault === undefined ? "" : html`<p class="bad fault" id="${name}-fault" role="alert">${fault}</p>`}`;
}

function topUpsOf(user: string, { account, confirming }: Shown): Html {
  const rows = account.topUps.map((topUp) => [
    timeOf(topUp.created_at),
    html`<a href="${addressOf(user, topUp.id)}">${dollars(amount(topUp.amount_usd))}</a>`,
    shortState(topUp, confirming.has(topUp.id)),
    topUp.credits_to_grant,
  ]);
  return tableOf("Top-ups", ["Time (UTC)", "Amount", "State", "Credits"], NUMBERS.topUps, rows);
}

function ledgerOf(ledger: readonly LedgerRow[], price: Price): Html {
  const rows = ledger.map((row) => {
    const { at, what, amount: credits, usd, balanceAfter } = ledgerRow(row, price);
    return [at, what, credits, usd, balanceAfter];
  });
  return tableOf("Last transactions", ["Time (UTC)", "What", "Credits", "USD", "Balance after"], NUMBERS.ledger, rows);
}

/** A ledger row as it is shown, by the page and by its script. */
export function ledgerRow(row: LedgerRow, price: Price) {
  const { kind, amount: credits, balance_after: balanceAfter, created_at: at } = row;
  return { at: timeOf(at), what: whatOf(row), kind, amount: credits, usd: inDollars(credits, price), balanceAfter };
}

/** Which columns are numbers. */
const NUMBERS = { topUps: [false, false, false, true], ledger: [false, false, true, true, true], cards: [false, false] } as const;

function tableOf(title: string, heads: readonly string[], isNumber: readonly boolean[], rows: readonly (string | Html)[][]): Html {
  const classOf = (column: number) => (isNumber[column] === true ? raw(' class="number"') : "");
  const head = heads.map((text, column) => html`<th scope="col" ${classOf(column)}>${text}</th>`);
  const body = rows.map(
    (cells) =>
      html`<tr>
        ${cells.map((cell, column) => html`<td${classOf(column)}>${cell}</td>`)}
      </tr>`,
  );
  return html`<section>
    <h2>${title}</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody data-rows>
          ${body}
        </tbody>
      </table>
    </div>
  </section>`;
}

export function cardPage(user: string, topUp: TopUp, price: Price, fault: Fault | null): Html {
  const pays = dollars(amount(topUp.amount_usd));
  return html`<h1>Pay ${pays}</h1>
    <p>For ${topUp.credits_to_grant} credits of ${user}, at $${price.usdPerCredit.toFixed()} a credit.</p>
    <section>
      <h2>Test card</h2>
      <form method="post" action="${addressOf(user, topUp.id)}">
        ${fieldOf({ name: "card", label: "Card number", value: fault?.value ?? "4242 4242 4242 4242", mode: "numeric", fault: fault?.message })}
        <button>Pay ${pays}</button>
      </form>
    </section>
    ${tableOf(
      "Cards to try",
      ["Number", "What happens"],
      NUMBERS.cards,
      OFFERED.map(([method, what]) => [html`<span class="card">${groupsOf(CARDS[method]?.number ?? "")}</span>`, what]),
    )}
    <p><a href="${walletAddress(user)}">Back to the wallet</a></p>`;
}

/** The step between a card and its payment that a bank asks for (3-D Secure), as the stand-in has it. */
export function confirmPage(user: string, topUp: TopUp): Html {
  const pays = dollars(amount(topUp.amount_usd));
  return html`<h1>Confirm ${pays}</h1>
    <p>The card's bank asks whether it is you who pays. Nothing is charged before you answer.</p>
    <section>
      <h2>The stand-in bank</h2>
      <form method="post" action="${addressOf(user, topUp.id, "/confirm")}">
        <button name="outcome" value="succeeded">Confirm the payment</button>
        <button name="outcome" value="failed">Fail the confirmation</button>
      </form>
    </section>
    <p><a href="${walletAddress(user)}">Back to the wallet</a></p>`;
}

const OFFERED = [
  ["pm_card_visa", "is paid"],
  ["pm_card_chargeDeclined", "is declined"],
  ["pm_card_authenticationRequired", "asks for a confirmation, always"],
  ["pm_card_authenticationRequiredOnSetup", "asks for a confirmation the first time"],
  ["pm_card_createDispute", "is paid, then disputed: the credits are taken back"],
] as const;

function groupsOf(number: string): string {
  return number.replaceAll(/(.{4})(?=.)/g, "$1 ");
}

/** Shows how the wallet changes when the payment's event comes. Without a script the page looks again by itself. */
export function watchPage(user: string, { account, price, confirming }: Shown, topUp: TopUp, nonce: string): { head: Html; content: Html } {
  const head = html`<noscript><meta http-equiv="refresh" content="2" /></noscript>`;
  const isConfirming = confirming.has(topUp.id);
  const content = html`<h1>${dollars(amount(topUp.amount_usd))} for ${user}</h1>
    <div data-state="${addressOf(user, topUp.id, "/state")}">
      <p data-status role="status" class="${isWhole(topUp) ? "good" : ""}">${stateOf(topUp, isConfirming)}</p>
      ${isConfirming ? html`<p><a href="${addressOf(user, topUp.id, "/confirm")}">Confirm it</a></p>` : ""} ${balanceOf(account, price)}
      ${ledgerOf(account.rows, price)}
    </div>
    <p><a href="${walletAddress(user)}">Back to the wallet</a></p>
    <script nonce="${nonce}">
      ${SCRIPT};
    </script>`;
  return { head, content };
}

export function faultPage(message: string): Html {
  return html`<h1>That did not work</h1>
    <p class="bad" role="alert">${message}</p>
    <p><a href="/pay">Choose a wallet</a></p>`;
}
