// What other APIs take in more than one form. A refusal says what is wrong with the form that was sent, and not only that it is none of them.

import * as v from "valibot";

/** A text, or the list; `rule` begins what is said of anything else. */
export function textOrList<List extends v.GenericSchema<unknown[]>>(list: List, rule: string) {
  return v.union([v.string(), list], ({ input, issues }) => explained(rule, Array.isArray(input) ? issues?.find(isWithin) : undefined));
}

/** `first` for an object that has this member, and `second` for any other. */
export function knownByMember<First extends v.GenericSchema, Second extends v.GenericSchema>(
  member: string,
  first: First,
  second: Second,
  rule: string,
) {
  return v.union([first, second], ({ input, issues }) => {
    if (typeof input !== "object" || input === null) return rule;
    return explained(rule, Object.hasOwn(input, member) ? issues?.find(isWithin) : issues?.findLast(isWithin));
  });
}

function isWithin({ path }: v.BaseIssue<unknown>): boolean {
  return path !== undefined;
}

/** Names that a caller made up are not repeated. */
function explained(rule: string, within: v.BaseIssue<unknown> | undefined): string {
  if (within === undefined) return rule;
  const steps = within.path?.map(({ key }) => String(key)) ?? [];
  const place = steps.every((step) => /^\w{1,64}$/.test(step)) ? `${steps.join(".")} ` : "";
  return `${rule}: ${place}${within.message}`;
}
