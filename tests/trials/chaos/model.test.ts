// The judges of the fault run can see: each is fed one broken promise and must report it, and only it.

import { describe, expect, it } from "vitest";
import type { Answer } from "./call.ts";
import { createModel, digestOf, isDefinite, type Finding, type TurnFact } from "./model.ts";
import { countOf, add, faultRows, isGood, printed, zero, type SuiteReport } from "./promises.ts";

const BODY = '{"id":"a turn"}';
const CREATED: Answer = { status: 201, text: BODY, replayed: false };
const AWAY: Answer = { status: 503, text: '{"code":"database_unavailable"}', replayed: false };
const REFUSED: Answer = { status: 402, text: '{"code":"insufficient_credits"}', replayed: false };
const GONE: Answer = { status: null, text: "", replayed: false };
const PAID: TurnFact = {
  user: "ada",
  key: "k",
  status: "completed",
  body: digestOf(BODY),
  debits: 1,
  debited: "0.00120000",
  charged: "0.00120000",
  billedAttempts: 1,
};
const VOID: TurnFact = {
  ...PAID,
  status: "failed",
  body: null,
  debits: 0,
  debited: "0.00000000",
  charged: "0.00000000",
  billedAttempts: 0,
};

/** What is found when the client of key `k` was answered so and the database says so. */
function found(answers: readonly Answer[], facts: readonly TurnFact[], orphans: readonly string[] = []): Finding[] {
  const model = createModel();
  const told = model.begin({ user: "ada", key: "k", session: "s", message: "Hello?", alias: null });
  for (const answer of answers) model.heard(told, answer);
  return (Object.entries(model.judge(facts, orphans)) as [Finding, string[]][])
    .filter(([, lines]) => lines.length > 0)
    .map(([name]) => name);
}

describe("the model", () => {
  it.each<[string, readonly Answer[], readonly TurnFact[]]>([
    ["an answered turn", [CREATED], [PAID]],
    ["an answered turn whose first answers were lost", [GONE, AWAY, CREATED, CREATED], [PAID]],
    ["a turn that was charged and never answered", [GONE], [PAID]],
    ["a turn that was never answered and is void", [GONE], [VOID]],
    ["a refused turn", [REFUSED], []],
    ["a refused turn whose key had been left open", [GONE, REFUSED], [PAID]],
    ["a turn of no charge", [CREATED], [{ ...PAID, debits: 0, debited: "0.00000000", charged: "0.00000000" }]],
  ])("finds nothing in %s", (_what, answers, facts) => {
    expect(found(answers, facts)).toEqual([]);
  });

  it.each<[string, Finding, readonly Answer[], readonly TurnFact[], readonly string[]]>([
    ["an answered turn that is not there", "lost", [CREATED], [], []],
    ["an answered turn that is void", "lost", [CREATED], [VOID], []],
    ["an answered turn that still runs", "lost", [CREATED], [{ ...VOID, status: "running" }], []],
    ["a key with two debits for one turn", "double", [CREATED], [{ ...PAID, debits: 2 }], []],
    ["a key with two completed turns", "double", [CREATED], [PAID, PAID], []],
    ["events of two attempts", "double", [CREATED], [{ ...PAID, billedAttempts: 2 }], []],
    ["another stored body than was answered", "altered", [CREATED], [{ ...PAID, body: digestOf("another") }], []],
    ["two different answers", "altered", [CREATED, { ...CREATED, text: '{"id":"another"}' }], [PAID], []],
    ["a completed turn without its debit", "uncharged", [CREATED], [{ ...PAID, debits: 0, debited: "0.00000000" }], []],
    ["a debit of another amount than the events", "uncharged", [CREATED], [{ ...PAID, debited: "0.00240000" }], []],
    ["a refused client who was charged", "wrongly charged", [REFUSED], [PAID], []],
    ["a debit of a turn that failed", "orphan", [GONE], [{ ...VOID, debits: 1, debited: "0.00120000" }], []],
    ["a debit without any turn", "orphan", [CREATED], [PAID], ["a reference"]],
    ["a turn that nobody asked for", "unknown", [CREATED], [PAID, { ...VOID, key: "another" }], []],
    ["a turn of another user's key", "unknown", [GONE], [{ ...PAID, user: "bob" }], []],
  ])("reports %s", (_what, finding, answers, facts, orphans) => {
    expect(found(answers, facts, orphans)).toContain(finding);
  });

  it("takes only an answer that says what happened for definite", () => {
    const busy: Answer = { status: 409, text: '{"code":"session_busy"}', replayed: false };
    const running: Answer = { status: 409, text: '{"code":"idempotency_in_progress"}', replayed: false };
    expect([CREATED, REFUSED, busy].map(isDefinite)).toEqual([true, true, true]);
    expect([GONE, AWAY, running, { ...AWAY, status: 500 }].map(isDefinite)).toEqual([false, false, false, false]);
  });
});

describe("the verdict", () => {
  const good: SuiteReport = {
    suite: "s",
    promises: [zero("nothing is lost", 0, "of 5")],
    faults: faultRows(new Map([["cut", 1]])),
    figures: {},
    evidence: [],
  };

  it("is good when every promise holds and every kind of fault came", () => {
    expect(isGood([good, good])).toBe(true);
  });

  it("is not good with a broken promise, and shows it", () => {
    const bad = { ...good, promises: [zero("nothing is lost", 1, "of 5")], evidence: ["ada k"] };
    expect(isGood([good, bad])).toBe(false);
    expect(printed([bad])).toMatch(/✗ │ nothing is lost.*│ 1 of 5[^]*✗ ada k/);
  });

  it("is not good with a kind of fault that never came", () => {
    const faults = countOf(["cut", "killed"]);
    add(faults, "cut");
    expect(isGood([{ ...good, faults: faultRows(faults) }])).toBe(false);
  });

  it("is not good with a stated minimum that was missed", () => {
    const faults = countOf(["cut"]);
    add(faults, "cut", 999);
    expect(isGood([{ ...good, faults: faultRows(faults, { cut: 1_000 }) }])).toBe(false);
    add(faults, "cut");
    expect(isGood([{ ...good, faults: faultRows(faults, { cut: 1_000 }) }])).toBe(true);
  });
});
