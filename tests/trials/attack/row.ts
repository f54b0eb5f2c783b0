// What a row of the attack list is: its number and group, and either requests with what must come back, or a story.

import type { OutgoingHttpHeaders } from "node:http";
import type { Answer } from "../../support/world.ts";
import type { AttackWorld } from "./attack-world.ts";
import type { Operation } from "../../support/openapi-document.ts";

export const GROUPS = [
  "numbers",
  "text",
  "body",
  "query",
  "tokens",
  "authorisation",
  "money",
  "webhook",
  "outbound",
  "leaks",
  "mutations",
] as const;

export type Group = (typeof GROUPS)[number];

export type Row = {
  /** The number in the attack list; the same for ever. */
  readonly id: number;
  readonly what: string;
  readonly requests?: (attack: Attack) => readonly AttackRequest[] | Promise<readonly AttackRequest[]>;
  /** What takes more than requests one by one. Throws what it finds wrong; `attack.send` checks every answer besides. */
  readonly story?: (attack: Attack) => Promise<void>;
  /** What of the row waits for something that no issue has asked for yet. */
  readonly waits?: string;
};

export type AttackRequest = {
  readonly what?: string;
  /** Method and path. `{session}`, `{file}`, `{turn}`, `{transaction}`, `{top_up}`, `{key}` and `{hold}` are ids of the caller, `{bob.session}` and so on of another. */
  readonly target: string;
  /** Who asks; `ada` unless it says otherwise, null sends no token. */
  readonly as?: string | null;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly expect: Expected;
};

export type Expected = {
  readonly status: number | readonly number[];
  readonly code?: string;
  /** The place of the only fault, of a 422. */
  readonly at?: string;
  /** Refusals are worded as other APIs have them. */
  readonly door?: boolean;
  /** The HTTP server itself answers, before the product hears of it: no problem document, no house headers. */
  readonly bare?: true;
  /** What else is wrong with the answer; null for nothing. */
  readonly also?: (answer: Answer) => string | null;
};

/** What a row is given. */
export type Attack = {
  readonly world: AttackWorld;
  readonly operations: readonly Operation[];
  /** The one figure of a full run, the other within the tests. */
  readonly many: (full: number, few: number) => number;
  readonly seed: number;
  /** Sends one request and holds the answer against what is expected; what is wrong is noted. */
  readonly send: (request: AttackRequest) => Promise<Answer>;
  /** Notes what is wrong with an answer that was had otherwise. */
  readonly look: (what: string, answer: Answer, expected: Expected) => Answer;
  /** A figure of the run that nothing is asserted of. */
  readonly say: (line: string) => void;
  readonly mutations: () => Promise<void>;
};

/** The admin of the world. */
export const ROOT_NAME = "root";
export const JSON_TYPE = { "Content-Type": "application/json" };

export function isExpected(status: number, expected: Expected): boolean {
  return typeof expected.status === "number" ? expected.status === status : expected.status.includes(status);
}
