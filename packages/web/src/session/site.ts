// What this stage is, as its own `/config.json` says: the same build runs on every stage.

import * as v from "valibot";

const Site = v.object({
  stage: v.string(),
  commit: v.string(),
  issuer: v.string(),
  client_id: v.string(),
  usd_per_credit: v.string(),
  top_up: v.object({ min_usd: v.string(), max_usd: v.string() }),
  /** How a top-up is paid here; null where no cards are taken. */
  payment: v.nullable(v.picklist(["stand-in"])),
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
