// Lists as Stripe pages them: newest first, a page before or after an object, filtered by time.

import { insideOf, integerOf, textOf, type Form } from "./form.ts";
import type { StripeObject } from "./objects.ts";
import { badParameter, missing } from "./refusal.ts";

export type StripeList = {
  readonly object: "list";
  readonly url: string;
  readonly has_more: boolean;
  readonly data: readonly StripeObject[];
};

/** The parameters that every list takes. */
export const LIST_PARAMETERS = ["limit", "starting_after", "ending_before", "created"] as const;

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

/** One page of `objects`, which come oldest first. Throws StripeRefusal for a limit, a range or a cursor that is wrong. */
export function pageOf(objects: readonly StripeObject[], form: Form, url: string): StripeList {
  const limit = integerOf(form, "limit", 1) ?? DEFAULT_LIMIT;
  if (limit > MAX_LIMIT) throw badParameter("limit", "parameter_invalid_integer", `The limit is at most ${MAX_LIMIT}.`);
  const isInRange = rangeOf(form);
  const newestFirst = objects.toReversed();
  const after = textOf(form, "starting_after");
  const before = textOf(form, "ending_before");
  const from = after === undefined ? 0 : placeOf(newestFirst, after, "starting_after") + 1;
  const to = before === undefined ? newestFirst.length : placeOf(newestFirst, before, "ending_before");
  const matching = newestFirst.slice(from, to).filter(({ created }) => isInRange(created));
  const data = before === undefined ? matching.slice(0, limit) : matching.slice(-limit);
  return { object: "list", url, has_more: matching.length > data.length, data };
}

function placeOf(objects: readonly StripeObject[], id: string, param: string): number {
  const place = objects.findIndex((object) => object.id === id);
  if (place < 0) throw missing("object", id, param, 400);
  return place;
}

/** `created` is one second, or bounds of a range. */
function rangeOf(form: Form): (created: number) => boolean {
  if (typeof form.get("created") === "string") {
    const exactly = integerOf(form, "created", 0);
    return (created) => created === exactly;
  }
  const bounds = insideOf(form, "created", ["gt", "gte", "lt", "lte"]);
  if (bounds === undefined) return () => true;
  const [gt, gte, lt, lte] = ["gt", "gte", "lt", "lte"].map((name) => integerOf(bounds, name, 0));
  return (created) =>
    (gt === undefined || created > gt) &&
    (gte === undefined || created >= gte) &&
    (lt === undefined || created < lt) &&
    (lte === undefined || created <= lte);
}
