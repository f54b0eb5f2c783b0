// What things are called on AWS: two stages in one account must not share a name.

import type { Registered } from "./evaluate-stage.ts";

/** Names of every resource that has one, by kind. A gateway's stage is named inside its gateway. */
export function physicalNames(resources: readonly Registered[]): string[] {
  return resources
    .filter(({ type }) => type !== "aws:apigatewayv2/stage:Stage")
    .flatMap(({ type, inputs: { name } }) => (typeof name === "string" ? [`${type} ${name}`] : []));
}

export function shared(some: readonly string[], others: readonly string[]): string[] {
  return some.filter((name) => others.includes(name));
}
