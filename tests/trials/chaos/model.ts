// What clients were told, kept in memory, and held against what the database says at the end. Pure: it asks nobody.

import { createHash } from "node:crypto";
import { codeOf, type Answer } from "./call.ts";

/** One Idempotency-Key of one user: every answer that it was given. */
export type Told = {
  readonly user: string;
  readonly key: string;
  readonly session: string;
  readonly message: string;
  readonly alias: string | null;
  /** Requests under this key that were sent. */
  sent: number;
  /** Digests of the different bodies that came with 201: one, or none. */
  readonly bodies: Set<string>;
  /** Whether any answer left open what had happened: none at all, 409, 500, 503. */
  unsure: boolean;
  /** The last code or status, for a report. */
  last: string;
};

/** A turn as the database has it at the end, with what hangs on it. */
export type TurnFact = {
  readonly user: string;
  readonly key: string;
  readonly status: string;
  /** Digest of the stored body; null without one. */
  readonly body: string | null;
  readonly debits: number;
  readonly debited: string;
  readonly charged: string;
  /** Different attempts that have usage events. */
  readonly billedAttempts: number;
};

export type Findings = Readonly<Record<Finding, string[]>>;
export type Finding = "lost" | "altered" | "double" | "uncharged" | "wrongly charged" | "orphan" | "unknown";

export type Model = {
  readonly keys: ReadonlyMap<string, Told>;
  begin(turn: Pick<Told, "user" | "key" | "session" | "message" | "alias">): Told;
  heard(told: Told, answer: Answer): void;
  /** Turns that were acknowledged with 201. */
  acknowledged(): number;
  /** What does not fit, as one line each. `orphans`: debits and usage events without a completed turn, as the database counts them. */
  judge(facts: readonly TurnFact[], orphans: readonly string[]): Findings;
};

/** What `md5(response_body)` says in the database. */
export function digestOf(body: string): string {
  return createHash("md5").update(body).digest("hex");
}

/** These answers say for good that nothing was run, or that nothing was charged. All others but 201 leave it open. */
const NOTHING_CHARGED = new Set([402, 403, 404, 422, 502, 504]);

/** True when a client need not ask again: it has its turn, or a refusal that says what happened. */
export function isDefinite(answer: Answer): boolean {
  return answer.status === 201 || isRefusal(answer);
}

function isRefusal(answer: Answer): boolean {
  if (answer.status === 409) return codeOf(answer) === "session_busy";
  if (answer.status === 503) return answer.text.includes("Nothing was charged");
  return answer.status !== null && NOTHING_CHARGED.has(answer.status);
}

export function createModel(): Model {
  const keys = new Map<string, Told>();
  let acknowledged = 0;
  return {
    keys,
    begin: (turn) => {
      const told: Told = { ...turn, sent: 0, bodies: new Set(), unsure: false, last: "" };
      keys.set(turn.key, told);
      return told;
    },
    heard: (told, answer) => {
      told.sent += 1;
      told.last = answer.status === null ? "no answer" : `${answer.status} ${codeOf(answer)}`.trim();
      if (answer.status === 201) {
        if (told.bodies.size === 0) acknowledged += 1;
        told.bodies.add(digestOf(answer.text));
      } else if (!isRefusal(answer)) told.unsure = true;
    },
    acknowledged: () => acknowledged,
    judge: (facts, orphans) => judge(keys, facts, orphans),
  };
}

function judge(keys: ReadonlyMap<string, Told>, facts: readonly TurnFact[], orphans: readonly string[]): Findings {
  const findings: Record<Finding, string[]> = {
    lost: [],
    altered: [],
    double: [],
    uncharged: [],
    "wrongly charged": [],
    orphan: [...orphans],
    unknown: [],
  };
  const byKey = Map.groupBy(facts, ({ key }) => key);
  for (const told of keys.values()) {
    const turns = byKey.get(told.key) ?? [];
    const completed = turns.filter(({ status }) => status === "completed");
    const line = `${told.user} ${told.key} (last answer: ${told.last})`;
    if (told.bodies.size > 0 && completed.length === 0) findings.lost.push(line);
    const isAltered = told.bodies.size > 1 || completed.some(({ body }) => told.bodies.size > 0 && !told.bodies.has(body ?? ""));
    if (isAltered) findings.altered.push(line);
    const debits = turns.reduce((sum, turn) => sum + turn.debits, 0);
    if (completed.length > 1 || debits > 1 || turns.some(({ billedAttempts }) => billedAttempts > 1)) findings.double.push(line);
    if (completed.some(isWrong)) findings.uncharged.push(line);
    const wasOnlyRefused = told.sent > 0 && told.bodies.size === 0 && !told.unsure;
    if (wasOnlyRefused && (completed.length > 0 || debits > 0)) findings["wrongly charged"].push(line);
  }
  for (const fact of facts) {
    if (keys.get(fact.key)?.user !== fact.user) findings.unknown.push(`${fact.user} ${fact.key}`);
    if (fact.status !== "completed" && (fact.debits > 0 || fact.billedAttempts > 0)) findings.orphan.push(`${fact.user} ${fact.key}`);
  }
  return findings;
}

/** A completed turn whose debit is not the sum of its events; a charge of zero has no debit. Decimal texts of one scale are compared. */
function isWrong({ debits, debited, charged, billedAttempts }: TurnFact): boolean {
  return billedAttempts !== 1 || debited !== charged || debits !== (Number(charged) === 0 ? 0 : 1);
}
