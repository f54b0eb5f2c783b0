// `expand`: an id inside an answer replaced by the object that it names.

import type { Account } from "./account.ts";
import type { StripeList } from "./list.ts";
import type { StripeObject } from "./objects.ts";
import { badParameter } from "./refusal.ts";

/** Refuses a path that leads to no object, before anything has happened. In a list the fields stand under `data.`. */
export function refuseUnexpandable(paths: readonly string[], fields: readonly string[]): void {
  const wrong = paths.find((path) => !fields.includes(path));
  if (wrong !== undefined) throw badParameter("expand", null, `The path ${wrong} cannot be expanded.`);
}

/** The answer with these fields expanded, in the objects of a list too. */
export function expand(account: Account, answer: StripeObject | StripeList, paths: readonly string[]): object {
  if (answer.object === "list") {
    const inner = paths.map((path) => path.slice("data.".length));
    return { ...answer, data: answer.data.map((object) => expand(account, object, inner)) };
  }
  const expanded = Object.entries(answer).map(([field, value]): [string, unknown] => {
    if (!paths.includes(field) || typeof value !== "string") return [field, value];
    return [field, account.intents.get(value) ?? account.charges.get(value) ?? value];
  });
  return Object.fromEntries(expanded);
}
