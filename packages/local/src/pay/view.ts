// The pay page's HTML. Every value goes through `html`, which escapes it; only our own stylesheet and script are put in as they are.

import { readFileSync } from "node:fs";
import { html, raw } from "hono/html";
import { newId } from "@pantheon/contract/id.ts";
import { amount } from "@pantheon/contract/money.ts";
import type { TopUpState } from "@pantheon/contract/vocabulary.ts";
import { CARDS } from "@pantheon/stand-ins/stripe/cards.ts";
import type { Account, LedgerRow, TopUp } from "./api.ts";

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

export function walletPage(user: string, account: Account, fault: { message: string; amount: string } | null): Html {
  return html`<h1>Wallet of ${user}</h1>
    <p class="quiet">The local world, with a stand-in for Stripe: no card is ever charged.</p>
    ${balanceOf(account)}
    <section>
      <h2>Top up</h2>
      <form method="post" action="/pay">
        <input type="hidden" name="user" value="${user}" />
        <input type="hidden" name="key" value="${newId()}" />
        ${fieldOf({ name: "amount_usd", label: "Amount in USD", value: fault?.amount ?? "10.00", mode: "decimal", fault: fault?.message })}
        <button>Go on to pay</button>
      </form>
    </section>
    ${account.topUps.length === 0 ? "" : topUpsOf(user, account.topUps)} ${ledgerOf(account.rows)}`;
}

function balanceOf({ balance, held }: Pick<Account, "balance" | "held">): Html {
  return html`<section>
    <h2>Balance in credits</h2>
    <p class="balance" data-balance>${balance}</p>
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

function topUpsOf(user: string, topUps: readonly TopUp[]): Html {
  const rows = topUps.map(({ id, amount_usd: usd, credits_to_grant: credits, status }) => [
    html`<a href="${addressOf(user, id)}">${dollars(usd)}</a>`,
    SAY[status],
    credits,
  ]);
  return tableOf("Top-ups", ["Amount", "State", "Credits"], NUMBERS.topUps, rows);
}

const SAY: Readonly<Record<TopUpState, string>> = {
  created: "started",
  pending: "waits to be paid",
  processing: "the bank is at work",
  succeeded: "paid, credits granted",
  failed: "declined, can be paid again",
  canceled: "canceled",
  quarantined: "set aside for an operator",
  dismissed: "looked at by an operator, and not granted",
};

function dollars(usd: string): string {
  return `$${amount(usd).toFixed(2)}`;
}

/** The state of a top-up in words, for someone who has just paid. */
export function stateOf({ status }: TopUp): string {
  return status === "pending" ? "Waiting for Stripe to say that it is paid." : `This top-up: ${SAY[status]}.`;
}

export function addressOf(user: string, id: string, what: "" | "/watch" | "/state" = ""): string {
  return `/pay/${encodeURIComponent(id)}${what}?${new URLSearchParams({ user }).toString()}`;
}

function ledgerOf(ledger: readonly LedgerRow[]): Html {
  const rows = ledger.map((row) => [row.kind, row.amount, row.balance_after]);
  return tableOf("Last transactions", ["Kind", "Credits", "Balance after"], NUMBERS.ledger, rows);
}

/** Which columns are numbers. */
const NUMBERS = { topUps: [false, false, true], ledger: [false, true, true], cards: [false, false] } as const;

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

export function cardPage(user: string, topUp: TopUp, fault: { message: string; card: string } | null): Html {
  return html`<h1>Pay ${dollars(topUp.amount_usd)}</h1>
    <p>For ${topUp.credits_to_grant} credits of ${user}.</p>
    <section>
      <h2>Test card</h2>
      <form method="post" action="${addressOf(user, topUp.id)}">
        ${fieldOf({ name: "card", label: "Card number", value: fault?.card ?? "4242 4242 4242 4242", mode: "numeric", fault: fault?.message })}
        <button>Pay ${dollars(topUp.amount_usd)}</button>
      </form>
    </section>
    ${tableOf(
      "Cards to try",
      ["Number", "What happens"],
      NUMBERS.cards,
      OFFERED.map(([method, what]) => [html`<span class="card">${groupsOf(CARDS[method]?.number ?? "")}</span>`, what]),
    )}
    <p><a href="/pay?${new URLSearchParams({ user }).toString()}">Back to the wallet</a></p>`;
}

const OFFERED = [
  ["pm_card_visa", "is paid"],
  ["pm_card_chargeDeclined", "is declined"],
  ["pm_card_createDispute", "is paid, then disputed: the credits are taken back"],
] as const;

function groupsOf(number: string): string {
  return number.replaceAll(/(.{4})(?=.)/g, "$1 ");
}

/** Shows how the wallet changes when the payment's event comes. Without a script the page looks again by itself. */
export function watchPage(user: string, account: Account, topUp: TopUp, nonce: string): { head: Html; content: Html } {
  const head = html`<noscript><meta http-equiv="refresh" content="2" /></noscript>`;
  const content = html`<h1>${dollars(topUp.amount_usd)} for ${user}</h1>
    <div data-state="${addressOf(user, topUp.id, "/state")}">
      <p data-status role="status" class="${topUp.status === "succeeded" ? "good" : ""}">${stateOf(topUp)}</p>
      ${balanceOf(account)} ${ledgerOf(account.rows)}
    </div>
    <p><a href="/pay?${new URLSearchParams({ user }).toString()}">Back to the wallet</a></p>
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
