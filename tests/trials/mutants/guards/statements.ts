// Guards of the money statements: lock order, once-guards, fences, the hold, the gate.

import type { Mutant } from "../mutant.ts";

const STATEMENTS = "packages/core/src/ledger/statements";
const SETTLE = `${STATEMENTS}/settle-turn.ts`;
const GATE = `${STATEMENTS}/gate.ts`;
const FUNDS = `${STATEMENTS}/funds.ts`;
const CONVERSATION = `${STATEMENTS}/conversation.ts`;
const ONCE = "tests/turns/turn-guards.test.ts";

export const STATEMENT_GUARDS: readonly Mutant[] = [
  {
    name: "wallet-lock",
    guard: "The wallet is read without its lock: balance_after and low_balance are told from a figure that is being changed.",
    patches: [
      {
        file: `${STATEMENTS}/movement.ts`,
        find: "     where user_id = ${owner}::text ${when}\n       for update\n",
        replace: "     where user_id = ${owner}::text ${when}\n",
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
        find: "with\n  ${lockedWallet(slot.wallet)},",
        replace:
          "with\n  former as (select id from turns where id = ${slot.turn}::uuid for update),\n" +
          "  wallet as (select known.user_id from credit_wallets known, former where known.user_id = ${slot.wallet}::text for update of known),",
      },
    ],
    test: { file: "tests/structure.test.ts", name: "lock or write the wallet before anything else, wherever its money is touched" },
  },
  {
    name: "settle-exists",
    guard:
      "Settle's debit is guarded by EXISTS (turn running) instead of joined to the turn's own RETURNING: settles at once debit once each.",
    patches: [
      { file: SETTLE, find: "  debit as (\n    update credit_wallets\n", replace: "  debited as (\n    update credit_wallets\n" },
      {
        file: SETTLE,
        find:
          "set balance = credit_wallets.balance - settled.charge,\n" +
          "           held = settled.held - settled.hold,\n" +
          "           seq = credit_wallets.seq + (settled.charge <> 0)::int\n" +
          "      from settled\n" +
          "     where credit_wallets.user_id = settled.user_id\n",
        replace:
          "set balance = credit_wallets.balance - total.charge,\n" +
          "           held = credit_wallets.held - (select hold from turns where id = ${slot.turn}::uuid),\n" +
          "           seq = credit_wallets.seq + (total.charge <> 0)::int\n" +
          "      from total\n" +
          "     where credit_wallets.user_id = ${slot.wallet}::text\n" +
          "       and exists (select from turns where id = ${slot.turn}::uuid and status = 'running' and attempt = ${slot.attempt}::int)\n",
      },
      {
        file: SETTLE,
        find:
          "returning credit_wallets.user_id, credit_wallets.balance, credit_wallets.seq, settled.id as turn_id,\n" +
          "              settled.session_id, settled.attempt, settled.model_alias, settled.would_refuse, settled.charge,\n" +
          "              settled.now\n  ),",
        replace:
          "returning credit_wallets.user_id, credit_wallets.balance, credit_wallets.seq\n  ),\n" +
          "  debit as (select debited.*, settled.id as turn_id, settled.session_id, settled.attempt, settled.model_alias, settled.would_refuse,\n" +
          "                   settled.charge, settled.now from debited, settled),",
      },
    ],
    test: { file: ONCE, name: "a turn that is settled 20 times at once is debited once, also while another turn holds credits" },
  },
  {
    name: "settle-status",
    guard: "Settle asks for the attempt alone, and no longer for a turn that is running.",
    patches: [{ file: SETTLE, find: "       and status || '' = 'running'\n", replace: "" }],
    test: { file: ONCE, name: "a settle of a turn that is settled, or given up, finds nothing to settle and writes nothing" },
  },
  {
    name: "settle-attempt",
    guard: "Settle has no attempt fence: whoever was taken over books its own answer in place of the one that runs.",
    patches: [{ file: SETTLE, find: "       and attempt = ${slot.attempt}::int\n", replace: "" }],
    test: { file: ONCE, name: "whoever was taken over can neither settle nor void the turn any more" },
  },
  {
    name: "void-attempt",
    guard: "Void has no attempt fence: whoever was taken over gives up the turn of the one that runs.",
    patches: [
      {
        file: `${STATEMENTS}/void-turn.ts`,
        find: "       and attempt = ${slot.attempt}::int\n",
        replace: "",
      },
    ],
    test: { file: ONCE, name: "whoever was taken over can neither settle nor void the turn any more" },
  },
  {
    name: "sweep-lease",
    guard: "The sweeper does not ask whether the lease is over: turns that run lose their holds and are never paid.",
    patches: [{ file: `${STATEMENTS}/sweep-turns.ts`, find: "       and turns.lease_until < clock_timestamp()\n", replace: "" }],
    test: { file: ONCE, name: "a sweep voids the turns of a user whose lease is over, and no other of theirs" },
  },
  {
    name: "rollup-group-by",
    guard: "The rollup takes a row an event instead of one a day and alias: a turn of two calls cannot be settled at all.",
    patches: [{ file: `${STATEMENTS}/rollup.ts`, find: "     group by 1, 2, 3\n", replace: "     group by 1, 2, 3, events.call_index\n" }],
    test: { file: ONCE, name: "a turn of several calls of one model is settled whole, and its day has their sum" },
  },
  {
    name: "low-balance",
    guard: "low_balance is told from the balance before the debit: the warning comes a turn late.",
    patches: [
      {
        file: SETTLE,
        find: "(wallet.balance - total.charge < ${slot.lowBalanceThreshold}::numeric)",
        replace: "(wallet.balance < ${slot.lowBalanceThreshold}::numeric)",
      },
    ],
    test: { file: "tests/turns/turn-enforcement.test.ts", name: "low balance begins below the threshold, not at it" },
  },
  {
    name: "hold-in-sql",
    guard: "The hold leaves out the history that the statement itself has read: a long session runs for the hold of a short one.",
    patches: [{ file: CONVERSATION, find: "else ceil(shown.octets / ", replace: "else ceil((read.octets - history.octets) / " }],
    test: { file: ONCE, name: "a hold is the price of all that the model will read and may answer, rounded up" },
  },
  {
    name: "hold-rounding",
    guard: "The hold is rounded down: under CREDIT_OVERDRAFT=none it is no bound any more.",
    patches: [{ file: CONVERSATION, find: "ceil((estimate.input_tokens * ", replace: "floor((estimate.input_tokens * " }],
    test: { file: ONCE, name: "a hold is the price of all that the model will read and may answer, rounded up" },
  },
  {
    name: "revision-gate",
    guard: "The open statement does not compare the catalogue's revision: a container runs turns at a price that was changed.",
    patches: [
      { file: GATE, find: "rules.revision = ${slot.revision}::bigint\n       and not rules.suspended", replace: "not rules.suspended" },
    ],
    test: {
      file: "tests/turns/turn-pricing.test.ts",
      name: "a changed price binds the very next turn and its hold, in this process and in another",
    },
  },
  {
    name: "available-held",
    guard: "Enforcement looks at the balance and forgets what running turns hold: parallel turns spend one credit many times.",
    patches: [{ file: FUNDS, find: "else means.available > 0 end", replace: "else means.balance > 0 end" }],
    test: { file: "tests/turns/turn-enforcement.test.ts", name: "on, what another running turn holds is not available" },
  },
  {
    name: "suspension",
    guard: "The open statement does not look whether the user is suspended.",
    patches: [{ file: GATE, find: "       and not rules.suspended\n", replace: "" }],
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
    name: "wallet-slot",
    guard: "A turn holds credits in the wallet of whoever acts, and not in the one that pays.",
    patches: [{ file: GATE, find: "lockedWallet(slot.wallet,", replace: "lockedWallet(slot.actor," }],
    test: {
      file: "tests/turns/turn-wallet.test.ts",
      name: "a turn is opened, reopened, swept, voided and settled in the wallet that pays, and the actor's stays as it is",
    },
  },
  {
    name: "session-gone",
    guard: "A turn that waited for its wallet opens in a session that was deleted meanwhile.",
    patches: [{ file: GATE, find: "       and not rules.session_gone\n", replace: "" }],
    test: {
      file: "tests/turns/turn-waited.test.ts",
      name: "is refused when its session was deleted meanwhile",
    },
  },
  {
    name: "settle-on-disk",
    guard: "A turn is answered before its charge is on disk.",
    patches: [
      {
        file: SETTLE,
        find: "       and attempt = ${slot.attempt}::int\n    returning id, wallet.user_id",
        replace:
          "       and attempt = ${slot.attempt}::int and set_config('synchronous_commit', 'off', true) = 'off'\n    returning id, wallet.user_id",
      },
    ],
    test: {
      file: "tests/ledger/durability-of-open.test.ts",
      name: "the model is asked before the turn is on disk, and nothing is answered before its charge is",
    },
  },
  {
    name: "session-owner",
    guard: "A session is found by its id alone: anybody runs turns in anybody's session, and reads its history.",
    patches: [
      {
        file: CONVERSATION,
        find: "       and user_id = ${slot.actor}::text\n       and deleted_at is null",
        replace: "       and deleted_at is null",
      },
    ],
    test: {
      file: "tests/turns/turn.test.ts",
      name: "a turn in another user's session is refused exactly like one in a session that never was",
    },
  },
];
