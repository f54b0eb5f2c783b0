// The end of a run: the ledger's invariants after all of it, the sessions that are taken away again, and which builds answered.

import * as v from "valibot";
import { read, statusLine } from "./answer.ts";
import type { Client } from "./client.ts";
import { sameCommit, shortened, type Stage } from "./stage.ts";
import { SESSION_TITLE } from "./turn-calls.ts";

export async function endRows(stage: Stage, callers: readonly ("user" | "admin" | "empty")[]): Promise<void> {
  const books = { id: "reconciliation", what: "the ledger's invariants hold", expected: "broken_total 0" };
  await stage.evidence.check(books, [], async () => {
    const answer = await stage.ask("GET", "/api/v1/admin/reconciliation", { as: "admin" });
    const { broken_total: total, invariants } = read(answer, 200, Reconciliation);
    const broken = invariants.filter((invariant) => invariant.broken !== 0).map(({ name, broken: rows }) => `${name} ${rows}`);
    return { ok: total === 0 && broken.length === 0, seen: [`broken_total ${total}`, ...broken].join(", "), answer };
  });
  for (const as of callers) {
    const whose = as === "empty" ? "the user's without credits" : `the ${as}'s`;
    const head = {
      id: `sessions.${as}`,
      what: `the sessions of stage:verify are deleted, ${whose}`,
      expected: "none is left",
      always: true,
    };
    await stage.evidence.check(head, [], () => deleteSessions(stage, as));
  }
}

/** Which builds gave the answers of the whole run: a stale container among fresh ones may answer any of them. */
export function versionRow({ evidence }: Stage, { versions }: Pick<Client, "versions">, build: string | null): Promise<null> {
  const by = build === null ? "one build" : shortened(build);
  const head = { id: "drift.answers", what: "every answer of this run came from that build", expected: `Pantheon-Version ${by}` };
  return evidence.check(head, [build], async (expected) => {
    const all = [...versions];
    const strange = all.filter(([version]) => version === null || !sameCommit(version, expected));
    const count = all.reduce((sum, [, asked]) => sum + asked.length, 0);
    const seen = strange.map(([version, asked]) => `${version === null ? "no version" : shortened(version)} in ${some(asked)}`);
    return { ok: strange.length === 0, seen: strange.length === 0 ? `${count} answers, all of ${shortened(expected)}` : seen.join("; ") };
  });
}

const SHOWN = 3;

function some(asked: readonly string[]): string {
  const different = [...new Set(asked)];
  const more = different.length - SHOWN;
  return `${different.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** By their title: also one whose answer was lost, and those of a run that was killed. */
async function deleteSessions({ ask }: Stage, as: "user" | "admin" | "empty") {
  const list = async () => {
    const answer = await ask("GET", "/api/v1/sessions?limit=200", { as });
    return { ours: read(answer, 200, Sessions).sessions.filter(({ title }) => title === SESSION_TITLE), answer };
  };
  const { ours } = await list();
  const refused: string[] = [];
  for (const { id } of ours) {
    const answer = await ask("DELETE", `/api/v1/sessions/${encodeURIComponent(id)}`, { as });
    if (answer.status !== 204) refused.push(statusLine(answer));
  }
  const { ours: left, answer } = await list();
  return {
    ok: left.length === 0,
    seen: [`${ours.length} deleted`, ...(left.length > 0 ? [`${left.length} left`] : []), ...refused].join(", "),
    answer,
  };
}

const Reconciliation = v.object({ broken_total: v.number(), invariants: v.array(v.object({ name: v.string(), broken: v.number() })) });
const Sessions = v.object({ sessions: v.array(v.object({ id: v.string(), title: v.nullable(v.string()) })) });
