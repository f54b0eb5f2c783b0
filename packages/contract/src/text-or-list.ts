// What other APIs take as a text, or as a list of parts. A refusal says what is wrong with the list that was sent, and not only that it is none.

import * as v from "valibot";

/** A text, or the list; `rule` begins what is said of anything else. */
export function textOrList<List extends v.GenericSchema<unknown[]>>(list: List, rule: string) {
  return v.union([v.string(), list], (issue) => {
    const within = Array.isArray(issue.input) ? issue.issues?.find(({ path }) => path !== undefined) : undefined;
    return within === undefined ? rule : `${rule}: ${placeOf(within)}${within.message}`;
  });
}

/** Names that a caller made up are not repeated. */
function placeOf({ path }: v.BaseIssue<unknown>): string {
  const steps = path?.map(({ key }) => String(key)) ?? [];
  return steps.every((step) => /^\w{1,64}$/.test(step)) ? `${steps.join(".")} ` : "";
}
