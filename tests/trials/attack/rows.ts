// The whole attack list by group, and what of it cannot run yet.

import type { Group, Row } from "./row.ts";
import { AUTHORISATION } from "./rows/authorisation.ts";
import { BODY } from "./rows/body.ts";
import { FILES } from "./rows/files.ts";
import { LEAKS } from "./rows/leaks.ts";
import { MONEY } from "./rows/money.ts";
import { NUMBERS } from "./rows/numbers.ts";
import { OUTBOUND } from "./rows/outbound.ts";
import { QUERY } from "./rows/query.ts";
import { TEXT } from "./rows/text.ts";
import { TOKENS } from "./rows/tokens.ts";
import { TOOLS } from "./rows/tools.ts";
import { STRIPE_WEBHOOK } from "./rows/webhook.ts";

export const ROWS: Readonly<Record<Group, readonly Row[]>> = {
  numbers: NUMBERS,
  text: TEXT,
  body: BODY,
  query: QUERY,
  tokens: TOKENS,
  authorisation: AUTHORISATION,
  money: MONEY,
  webhook: STRIPE_WEBHOOK,
  outbound: [...TOOLS, ...FILES, ...OUTBOUND],
  leaks: LEAKS,
  mutations: [{ id: 128, what: "seeded mutations of valid requests to every route", story: ({ mutations }) => mutations() }],
};

/** Rows about routes that no issue has asked for yet, with what each waits for. A test holds this list as it is: it may only get shorter. */
export const WAITING: Readonly<Record<number, string>> = {};

/** The list runs from 1 to this, without two numbers that it never had. */
export const LAST = 128;
export const NEVER_THERE = [91, 94];
