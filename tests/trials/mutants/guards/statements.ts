// Guards of the money statements: lock order, once-guards, fences, the hold, the gate.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const SETTLE = `${STATEMENTS}/settle-turn.ts`;
const GATE = `${STATEMENTS}/gate.ts`;
const ONCE = "tests/turns/turn-guards.test.ts";

export const STATEMENT_GUARDS: readonly Mutant[] = [
  {
    name: "wallet-lock",
    guard: "Settle reads the wallet without its lock: balance_after and low_balance are told from a figure that is being changed.",
    patches: [
      {
        file: SETTLE,
        find: "where user_id = ${p.user}::text for update),",
        replace: "where user_id = ${p.user}::text),",
      },
    ],
    test: { file: "tests/structure.test.ts", name: "lock or write the wallet before anything else, wherever its money is touched" },
  },
  {
    name: "wallet-first",
    guard: "Void locks the turn before the wallet: it deadlocks with every statement that takes them in the one order.",
    patches: [
      {
        file: `${STATEMENTS}/void-turn.ts`,
        find: "with lw as (select user_id from credit_wallets where user_id = ${p.user}::text for update),",
        replace:
          "with o as (select id from turns where id = ${p.turn}::uuid for update),\n" +
          "  lw as (select w.user_id from credit_wallets w, o where w.user_id = ${p.user}::text for update of w),",
      },
    ],
    test: { file: "tests/structure.test.ts", name: "lock or write the wallet before anything else, wherever its money is touched" },
  },
  {
    name: "settle-exists",
    guard:
      "Settle's debit is guarded by EXISTS (turn running) instead of joined to the turn's own RETURNING: settles at once debit once each.",
    patches: [
      { file: SETTLE, find: "w as (update credit_wallets x", replace: "w0 as (update credit_wallets x" },
      {
        file: SETTLE,
        find: "set balance = x.balance - t.charge, held = x.held - t.hold, seq = x.seq + (t.charge <> 0)::int",
        replace:
          "set balance = x.balance - c.charge, held = x.held - (select hold from turns where id = ${p.turn}::uuid), seq = x.seq + (c.charge <> 0)::int",
      },
      {
        file: SETTLE,
        find: "from t where x.user_id = t.user_id",
        replace:
          "from c where x.user_id = ${p.user}::text\n" +
          "           and exists (select from turns where id = ${p.turn}::uuid and status = 'running' and attempt = ${p.attempt}::int)",
      },
      {
        file: SETTLE,
        find: "returning x.user_id, x.balance, x.seq, t.id as turn_id, t.session_id, t.attempt, t.would_refuse, t.charge, t.now),",
        replace:
          "returning x.user_id, x.balance, x.seq),\n" +
          "  w as (select w0.*, t.id as turn_id, t.session_id, t.attempt, t.would_refuse, t.charge, t.now from w0, t),",
      },
    ],
    test: { file: ONCE, name: "a turn that is settled 20 times at once is debited once, also while another turn holds credits" },
  },
  {
    name: "settle-status",
    guard: "Settle asks for the attempt alone, and no longer for a turn that is running.",
    patches: [{ file: SETTLE, find: "status = 'running' and attempt = ${p.attempt}::int", replace: "attempt = ${p.attempt}::int" }],
    test: { file: ONCE, name: "a settle of a turn that is settled, or given up, finds nothing to settle and writes nothing" },
  },
  {
    name: "settle-attempt",
    guard: "Settle has no attempt fence: whoever was taken over books its own answer in place of the one that runs.",
    patches: [{ file: SETTLE, find: "status = 'running' and attempt = ${p.attempt}::int", replace: "status = 'running'" }],
    test: { file: ONCE, name: "whoever was taken over can neither settle nor void the turn any more" },
  },
  {
    name: "void-attempt",
    guard: "Void has no attempt fence: whoever was taken over gives up the turn of the one that runs.",
    patches: [
      {
        file: `${STATEMENTS}/void-turn.ts`,
        find: "status = 'running' and attempt = ${p.attempt}::int",
        replace: "status = 'running'",
      },
    ],
    test: { file: ONCE, name: "whoever was taken over can neither settle nor void the turn any more" },
  },
  {
    name: "sweep-lease",
    guard: "The sweeper does not ask whether the lease is over: turns that run lose their holds and are never paid.",
    patches: [{ file: `${STATEMENTS}/sweep-turns.ts`, find: " and x.lease_until < clock_timestamp()", replace: "" }],
    test: { file: ONCE, name: "a sweep voids the turns of a user whose lease is over, and no other of theirs" },
  },
  {
    name: "rollup-group-by",
    guard: "The rollup takes a row an event instead of one a day and alias: a turn of two calls cannot be settled at all.",
    patches: [{ file: SETTLE, find: "group by 1, 2, 3 order by 3", replace: "group by 1, 2, 3, ev.call_index order by 3" }],
    test: { file: ONCE, name: "a turn of several calls of one model is settled whole, and its day has their sum" },
  },
  {
    name: "low-balance",
    guard: "low_balance is told from the balance before the debit: the warning comes a turn late.",
    patches: [
      {
        file: SETTLE,
        find: "(lw.balance - c.charge < ${p.lowBalanceThreshold}::numeric)",
        replace: "(lw.balance < ${p.lowBalanceThreshold}::numeric)",
      },
    ],
    test: { file: "tests/turns/turn-enforcement.test.ts", name: "low balance begins below the threshold, not at it" },
  },
  {
    name: "hold-in-sql",
    guard: "The hold leaves out the history that the statement itself has read: a long session runs for the hold of a short one.",
    patches: [{ file: GATE, find: "else ceil((h.octets + s.octets) / ", replace: "else ceil(s.octets / " }],
    test: { file: ONCE, name: "a hold is the price of all that the model will read and may answer, rounded up" },
  },
  {
    name: "hold-rounding",
    guard: "The hold is rounded down: under CREDIT_OVERDRAFT=none it is no bound any more.",
    patches: [{ file: GATE, find: "ceil((e.input_tokens * ", replace: "floor((e.input_tokens * " }],
    test: { file: ONCE, name: "a hold is the price of all that the model will read and may answer, rounded up" },
  },
  {
    name: "revision-gate",
    guard: "The open statement does not compare the catalogue's revision: a container runs turns at a price that was changed.",
    patches: [{ file: GATE, find: "rules.revision = ${p.revision}::bigint and not rules.suspended", replace: "not rules.suspended" }],
    test: {
      file: "tests/turns/turn-pricing.test.ts",
      name: "a changed price binds the very next turn and its hold, in this process and in another",
    },
  },
  {
    name: "available-held",
    guard: "Enforcement looks at the balance and forgets what running turns hold: parallel turns spend one credit many times.",
    patches: [{ file: GATE, find: "else lw.balance - lw.held + ${ownHold} > 0 end", replace: "else lw.balance > 0 end" }],
    test: { file: "tests/turns/turn-enforcement.test.ts", name: "on, what another running turn holds is not available" },
  },
  {
    name: "suspension",
    guard: "The open statement does not look whether the user is suspended.",
    patches: [{ file: GATE, find: "and not rules.suspended and not rules.session_gone", replace: "and not rules.session_gone" }],
    test: {
      file: "tests/turns/turn.test.ts",
      name: "a suspended user is refused before anything is written, and the turns of before stay readable",
    },
  },
  {
    name: "rules-of-the-moment",
    guard:
      "What a turn opens under is looked up with the statement's own snapshot: one that waited for its wallet opens for a suspended user.",
    patches: [
      {
        file: "migrations/20261121_0029_rules_under_the_lock.ts",
        find: "language plpgsql volatile as",
        replace: "language plpgsql stable as",
      },
    ],
    test: {
      file: "tests/turns/turn-waited.test.ts",
      name: "is refused when its user was suspended meanwhile",
    },
  },
  {
    name: "session-gone",
    guard: "A turn that waited for its wallet opens in a session that was deleted meanwhile.",
    patches: [{ file: GATE, find: " and not rules.session_gone\n", replace: "\n" }],
    test: {
      file: "tests/turns/turn-waited.test.ts",
      name: "is refused when its session was deleted meanwhile",
    },
  },
  {
    name: "session-owner",
    guard: "A session is found by its id alone: anybody runs turns in anybody's session, and reads its history.",
    patches: [
      { file: GATE, find: "where id = ${p.session}::uuid and user_id = ${p.user}::text and", replace: "where id = ${p.session}::uuid and" },
    ],
    test: {
      file: "tests/turns/turn.test.ts",
      name: "a turn in another user's session is refused exactly like one in a session that never was",
    },
  },
];
