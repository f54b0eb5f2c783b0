// Short ways to write a request of a row down, and the places of the API that many rows go for.

import type { BadRequest } from "../../../support/bad-requests.ts";
import type { Operation } from "../../../support/openapi-document.ts";
import { JSON_TYPE, ROOT_NAME, type AttackRequest, type Expected } from "../row.ts";

export const SESSIONS = "/api/v1/sessions";
export const POST_SESSION = `POST ${SESSIONS}`;
export const POST_TURN = `POST ${SESSIONS}/{session}/turns`;
export const POST_TOP_UP = "POST /api/v1/users/me/wallet/top-up";
export const GET_WALLET = "GET /api/v1/users/me/wallet";
export const WEBHOOK = "POST /webhooks/stripe";

/** A request with this text as its JSON. */
export function sends(target: string, body: string | Uint8Array, expect: Expected, more: Partial<AttackRequest> = {}): AttackRequest {
  return { target, body, expect, ...more, headers: { ...JSON_TYPE, ...more.headers } };
}

export function asks(target: string, expect: Expected, more: Partial<AttackRequest> = {}): AttackRequest {
  return { target, expect, ...more };
}

/** One of the table of bad requests that the tests share, as a request of a row. */
export function shared({ what, target, headers, body, status, at }: BadRequest): AttackRequest {
  return {
    what,
    target,
    ...(headers && { headers }),
    ...(body !== undefined && { body }),
    expect: { status, ...(at !== undefined && { at }) },
  };
}

/** Every place that takes an exact decimal: where, its name, and what stands beside it. */
const DECIMALS: readonly { target: string; name: string; beside: string; as: string }[] = [
  { target: POST_TOP_UP, name: "amount_usd", beside: "", as: "ada" },
  { target: "POST /api/v1/admin/wallets/ada/grant", name: "amount", beside: "", as: ROOT_NAME },
  { target: "POST /api/v1/admin/users/ada/wallet/grant", name: "amount", beside: "", as: ROOT_NAME },
  { target: "POST /api/v1/admin/wallets/ada/deduct", name: "amount", beside: ',"note":"n"', as: ROOT_NAME },
  { target: "PATCH /api/v1/admin/pricing/default", name: "multiplier", beside: ',"pricing_version":"2026-02-20"', as: ROOT_NAME },
];

/** These values, as they stand in JSON, at every place that takes a decimal. Each is a rule that is broken at its name, unless told otherwise. */
export function decimals(values: readonly string[], status: 400 | 422 = 422): AttackRequest[] {
  return DECIMALS.flatMap(({ target, name, beside, as }) =>
    values.map((value) => {
      const expect = status === 422 ? { status, at: name } : { status, code: "malformed_request" };
      return sends(target, `{"${name}":${value}${beside}}`, expect, { as, what: `${name} is ${value.slice(0, 40)}` });
    }),
  );
}

/** These values as `max_output_tokens`. */
export function tokenCounts(values: readonly string[], status: 400 | 422 = 422): AttackRequest[] {
  return values.map((value) =>
    sends(POST_TURN, `{"message":"hi","max_output_tokens":${value}}`, status === 422 ? { status, at: "max_output_tokens" } : { status }),
  );
}

/** What a request to this path needs in it: ids of the attacker's own, of the kind that the path names. */
const OWN: Readonly<Record<string, string>> = {
  session_id: "{session}",
  file_id: "{file}",
  turn_id: "{turn}",
  transaction_id: "{transaction}",
  top_up_id: "{top_up}",
  proposal_id: "{top_up}",
  key_id: "{key}",
  hold_id: "{hold}",
  user_id: "ada",
  model_alias: "default",
  version: "2026-02-20",
};

/** The path of an operation with something that exists in the place of every parameter. */
export function pathOf({ path }: Pick<Operation, "path">, ids: Readonly<Record<string, string>> = OWN): string {
  return path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => ids[name] ?? "");
}

/** Who may call an operation: an admin, a user, anybody. */
export function callerOf({ path, secured }: Operation): string | null {
  if (!secured) return null;
  if (path === "/api/v1/users/me/data") return "carl"; // what is erased is missed by nobody
  return path.startsWith("/api/v1/admin") ? ROOT_NAME : "ada";
}

/** Every operation with this query parameter. */
export function having(operations: readonly Operation[], ...names: string[]): Operation[] {
  return operations.filter(({ parameters }) =>
    names.some((name) => parameters.some((given) => given.in === "query" && given.name === name)),
  );
}

/** Whether a path, without its query, is one of this template's. `/pricing/versions` could also be the price of an alias of that name. */
export function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll(".", String.raw`\.`).replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
}
