// What this stage is, as its own `/config.json` says: the same build runs on every stage.

import * as v from "valibot";

const Site = v.object({
  stage: v.string(),
  commit: v.string(),
  issuer: v.string(),
  /** Null where nobody can sign in. */
  client_id: v.nullable(v.string()),
  scope: v.nullable(v.string()),
  /** How the issuer is asked for tokens that the API takes, if it wants to be asked. */
  audience: v.nullable(v.object({ parameter: v.picklist(["audience", "resource"]), value: v.string() })),
  /** Which of the issuer's tokens the API takes. */
  token: v.picklist(["access", "id"]),
  usd_per_credit: v.string(),
  top_up: v.object({ min_usd: v.string(), max_usd: v.string() }),
  /** How a top-up is paid here; null where no cards are taken. */
  payment: v.nullable(v.picklist(["stripe", "stand-in"])),
  /** Stripe's publishable key, where it is Stripe who takes the card. */
  stripe_key: v.nullable(v.string()),
});

export type Site = v.InferOutput<typeof Site>;

let known: Site | null = null;

/** Reads it once, before anything is drawn. Throws when it cannot be had. */
export async function readSite(): Promise<Site> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  known = v.parse(Site, await response.json());
  return known;
}

/** What was read. */
export function site(): Site {
  if (known === null) throw new Error("the site was asked before it was read");
  return known;
}
