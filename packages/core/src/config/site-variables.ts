// The variables of the web app: what its pages are told of a stage. A deploy and the local world read them, and no function does, so that
// they stand apart from those of variables.ts.

import * as v from "valibot";
import { means } from "./means.ts";
import * as rules from "./rules.ts";

const clientId = v.pipe(rules.text, v.regex(/^[\x21-\x7e]{1,255}$/, "must be 1–255 visible characters"));
const scope = v.pipe(rules.text, v.regex(/^[\w.:/-]+(?: [\w.:/-]+)*$/, "must be scopes with one blank between them"));
const audienceParameter = v.picklist(["audience", "resource"], "must be audience or resource");
const signInToken = v.picklist(["access", "id"], "must be access or id");
const publishableKey = v.pipe(rules.text, v.regex(/^pk_(test|live)_\w+$/, "must be a publishable key of Stripe, pk_test_… or pk_live_…"));

/** One row per variable, as in variables.ts. */
export const SITE_TABLE = v.strictObject({
  AUTH_CLIENT_ID: v.pipe(
    v.optional(clientId),
    means("The web app as the issuer knows it, a public client; unset: nobody signs in to its pages."),
  ),
  AUTH_SCOPE: v.pipe(v.optional(scope), means("What the pages ask the issuer for, a blank between the scopes; unset: none.")),
  AUTH_AUDIENCE_PARAMETER: v.pipe(
    v.optional(audienceParameter),
    means("The parameter by which the pages ask the issuer for AUTH_AUDIENCE, `audience` or `resource`; unset: they do not."),
  ),
  AUTH_TOKEN: v.pipe(
    v.optional(signInToken, "access"),
    means("The token that the pages send: `access`, or `id` where the issuer's access tokens name no audience."),
  ),
  AUTH_ORIGINS: v.pipe(
    v.optional(rules.originList),
    means("Comma list of origins beside AUTH_ISSUER's that the pages ask for tokens: where its token endpoint is elsewhere."),
  ),
  STRIPE_PUBLISHABLE_KEY: v.pipe(
    v.optional(publishableKey),
    means("Stripe's publishable key, of the same account and mode as STRIPE_SECRET_KEY; unset: the pages take no cards."),
  ),
});

/** The table as plain data, in its order. */
export const SITE_VARIABLES = Object.entries(SITE_TABLE.entries).map(([name, schema]) => {
  const { means: meaning, secret } = v.getMetadata(schema);
  return { name, required: false, default: v.getDefault(schema) ?? null, secret, means: meaning };
});
