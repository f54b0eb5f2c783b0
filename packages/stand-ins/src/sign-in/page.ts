// The page of the local issuer that asks who one would like to be. Every value goes through `html`, which escapes it.

import { readFileSync } from "node:fs";
import { html, raw } from "hono/html";

export type Html = ReturnType<typeof html>;

/** Somebody who can be chosen. */
export type Known = { readonly user: string; readonly isAdmin: boolean };

const STYLE = raw(readFileSync(new URL("./sign-in.css", import.meta.url), "utf8"));

/** The whole document. `fault` is what was wrong with the id that was given before. */
export function signInPage({ nonce, people, fault }: { nonce: string; people: readonly Known[]; fault: string | null }): Html {
  return page(
    nonce,
    html`<h1>Who would you like to be?</h1>
      <p class="quiet">The local world asks for no password. On a stage your own sign-in stands here.</p>
      ${people.length === 0 ? "" : knownPeople(people)}
      <h2>Someone else</h2>
      <form method="post">
        <label for="user">User id</label>
        <input id="user" name="user" required maxlength="64" autocomplete="off" ${fault === null ? "" : raw(INVALID)} />
        ${fault === null ? "" : html`<p class="bad" id="user-fault" role="alert">${fault}</p>`}
        <label class="check"><input type="checkbox" name="admin" value="yes" /> an operator, who sees everyone's account</label>
        <button>Sign in</button>
      </form>`,
  );
}

const INVALID = 'aria-invalid="true" aria-describedby="user-fault" autofocus';

/** A refusal that must not be sent back to whoever asked, since it is not known who that is. */
export function refusalPage(nonce: string, message: string): Html {
  return page(
    nonce,
    html`<h1>That did not work</h1>
      <p class="bad" role="alert">${message}</p>`,
  );
}

function knownPeople(people: readonly Known[]): Html {
  return html`<form method="post">
    <ul>
      ${people.map(
        ({ user, isAdmin }) =>
          html`<li>
            <button class="person" name="user" value="${user}">
              <span>${user}</span>${isAdmin ? html`<span class="mark">operator</span>` : ""}
            </button>
          </li>`,
      )}
    </ul>
  </form>`;
}

function page(nonce: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Sign in · Pantheon, locally</title>
        <style nonce="${nonce}">
          ${STYLE}
        </style>
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>`;
}
