// Exact requests of a user, every answer of which is looked at for what every answer must have and for what none may say.

import * as v from "valibot";
import { expect } from "vitest";
import { Problem } from "@pantheon/contract/problem.ts";
import { exactRequest, type ExactRequest } from "./exact-request.ts";
import type { Answer, TestWorld } from "./world.ts";

/** What the worlds of these tests say that they are. */
export const COMMIT = "badc0de";

/** Sends exactly this, as `ada` unless the headers say otherwise; `{session}` in the path is an id of hers. */
export async function checkedSend(world: Pick<TestWorld, "apiUrl" | "issuer">, session: string, sent: ExactRequest): Promise<Answer> {
  const headers = { Authorization: `Bearer ${await world.issuer.token({ user: "ada" })}`, ...sent.headers };
  const answer = await exactRequest(world.apiUrl, { ...sent, path: sent.path.replace("{session}", session), headers });
  expect(answer.headers.get("pantheon-version")).toBe(COMMIT);
  expect(answer.headers.get("x-request-id")).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  if (answer.status >= 400 && answer.text !== "") {
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const problem = v.parse(Problem, answer.json);
    expect([problem.status, problem.request_id]).toEqual([answer.status, answer.headers.get("x-request-id")]);
    expect(answer.text).not.toMatch(/canary|postgres|node_modules|\.ts:|SELECT|credit_wallets/i);
  }
  return answer;
}
