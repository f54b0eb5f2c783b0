// What the OpenAPI document says once: the product, its servers, its tags, how one signs in, the headers of requests and responses.

import { VERSION } from "@pantheon/core/config/config.ts";

export const HEAD = {
  openapi: "3.1.0",
  info: {
    title: "Pantheon",
    version: VERSION,
    summary: "Prepaid credits for LLM turns.",
    description:
      "Prepaid credits for LLM turns. Amounts are exact decimals in strings, times are RFC 3339 in UTC, and every refusal is a problem " +
      "document (RFC 9457) whose `code` is for programs. Readers must accept members that they do not know: a newer build may say more.",
    contact: { name: "The people who run your stage" },
    license: { name: "Proprietary", identifier: "LicenseRef-Proprietary" },
  },
  servers: [
    { url: "http://127.0.0.1:8787", description: "The local world: `npm start`." },
    {
      url: "https://{host}",
      description: "A deployed stage.",
      variables: { host: { default: "pantheon.invalid", description: "The host of the stage's gateway." } },
    },
  ],
  security: [{ bearer: [] }],
  tags: [
    { name: "sessions", description: "Conversations, each with one model alias." },
    { name: "turns", description: "A message, the model's answer, and what it cost." },
    { name: "files", description: "What a session's model may read: sent or announced, then read in the background." },
    { name: "account", description: "Who you are; your wallet, usage, ledger and receipts." },
    { name: "keys", description: "API keys: by which programs act for a person, from their wallet." },
    {
      name: "holds",
      description:
        "For products that call their models themselves: credits are held, and settled by what was used. With a token or an API key.",
    },
    { name: "top-ups", description: "Buying credits. They come when Stripe says that the money did." },
    { name: "admin", description: "Prices, settings, people and wallets, for those whom `ADMIN_USER_IDS` names." },
    { name: "reports", description: "Sums of usage and money for admins, exact at every moment." },
    {
      name: "door",
      description: "For programs made for other APIs: their requests, their responses and their refusals, at the same price.",
    },
    { name: "webhooks", description: "What Stripe calls. Its signature over the raw bytes decides." },
    { name: "health", description: "Which build a function is, and where its database stands. Without a token." },
  ],
};

export const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "A token of the configured issuer; its `sub` is the user." },
};

const text = (description: string, more: object = {}) => ({ description, schema: { type: "string", ...more } });

export const HEADERS = {
  ETag: text('The revision of prices and settings, in quotes: `"12"`. For `If-Match`.'),
  "Idempotency-Replayed": text("`true` when this is the stored response of an earlier request with the same key, byte for byte.", {
    enum: ["true"],
  }),
  "Pantheon-Version": text("The commit of the build that answered."),
  "Retry-After": { description: "Seconds until it is worth trying again.", schema: { type: "integer", minimum: 0 } },
  "WWW-Authenticate": text("How one signs in; of a token that the issuer signed, also why it was not taken.", { pattern: "^Bearer" }),
  "X-Request-Id": text("The request's id: yours, if it was 1 to 64 of `A–Z a–z 0–9 . _ -`."),
};

export const REQUEST_ID = {
  in: "header",
  name: "X-Request-Id",
  description: "An id of your own for this request, which the response and our log repeat. Any other text is ignored.",
  schema: { type: "string" },
};
