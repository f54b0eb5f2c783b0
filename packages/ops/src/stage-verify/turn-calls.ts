// Calls that more than one part of the evidence makes: a session, a turn in it, the latest transactions.

import * as v from "valibot";
import { Decimal, Time } from "@pantheon/contract/wire.ts";
import { read, statusLine } from "./answer.ts";
import type { Answer } from "./client.ts";
import type { Finding } from "./evidence.ts";
import type { Stage } from "./stage.ts";

/** What sessions of a run are called: by this they are found again and deleted, also those of a run that was killed. */
export const SESSION_TITLE = "stage:verify";

type Someone = "user" | "admin" | "empty";

/** Opens a session, whose model may use these tools; its value is the id. */
export async function openSession({ ask, alias }: Stage, as: Someone, tools: readonly string[] = []): Promise<Finding<string>> {
  const answer = await ask("POST", "/api/v1/sessions", { as, body: { title: SESSION_TITLE, model_alias: alias, tools } });
  const { id } = read(answer, 201, Session);
  return { ok: true, seen: statusLine(answer), value: id, answer };
}

const Session = v.object({ id: v.string() });

export type Turn = v.InferOutput<typeof TurnView>;

const TurnView = v.object({
  id: v.string(),
  status: v.string(),
  multiplier: Decimal,
  credits_charged: Decimal,
  balance_after: Decimal,
  completed_at: Time,
});

/** Runs a short turn that has to be answered 201. Rejects with Surprise when it is not. */
export async function startTurn(stage: Stage, as: Someone, session: string, key?: string): Promise<{ answer: Answer; turn: Turn }> {
  const answer = await askTurn(stage, as, session, key);
  return { answer, turn: read(answer, 201, TurnView) };
}

/** Runs a short turn, however it is answered. */
export function askTurn({ ask }: Stage, as: Someone, session: string, key?: string): Promise<Answer> {
  const body = { message: "Please answer with one word: ready.", max_output_tokens: 64 };
  return ask("POST", `/api/v1/sessions/${encodeURIComponent(session)}/turns`, { as, body, ...(key !== undefined && { key }) });
}

/** The user's latest transactions. */
export async function readTransactions({ ask }: Stage) {
  const answer = await ask("GET", "/api/v1/users/me/transactions?limit=20", { as: "user" });
  return { rows: read(answer, 200, TransactionList).transactions, answer };
}

const TransactionList = v.object({
  transactions: v.array(
    v.object({
      id: v.string(),
      kind: v.string(),
      amount: Decimal,
      balance_after: Decimal,
      initiated_by: v.nullable(v.string()),
      reference_id: v.string(),
    }),
  ),
});
