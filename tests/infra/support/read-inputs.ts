// What a resource was registered with, read by path: `target.retryPolicy.maximumRetryAttempts`.

import * as v from "valibot";
import type { Registered } from "./evaluate-stage.ts";

export type Reader = {
  readonly resource: Registered;
  /** The value there, or null. */
  at(path: string): unknown;
  /** The value there as text; nothing there is the empty text. */
  text(path: string): string;
};

export function readerOf(resource: Registered): Reader {
  const at = (path: string) =>
    path.split(".").reduce<unknown>((value, key) => (isRecord(value) ? value[key] : null), resource.inputs) ?? null;
  return { resource, at, text: (path) => textOf(at(path)) };
}

/** All that a role says: who may take it on, and what it then may do. */
export function policyOf(role: Reader) {
  const inline = v.parse(v.array(v.object({ policy: v.string() })), role.at("inlinePolicies"));
  const trust = role.at("assumeRolePolicy");
  return {
    trust: v.parse(Trust, typeof trust === "string" ? JSON.parse(trust) : trust).Statement,
    managed: role.at("managedPolicyArns"),
    statements: inline.flatMap(({ policy }) => v.parse(Policy, JSON.parse(policy)).statements),
  };
}

const Trust = v.looseObject({ Statement: v.optional(v.array(v.unknown())) });
const Policy = v.object({ statements: v.array(v.unknown()) });

function textOf(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
