// The wallet from the other side: as an admin sees it; and a top-up as far as it goes without a card, which is started and canceled.

import * as v from "valibot";
import { amount } from "@pantheon/contract/money.ts";
import { Decimal } from "@pantheon/contract/wire.ts";
import { read, statusLine } from "./answer.ts";
import type { People } from "./auth-rows.ts";
import type { Stage } from "./stage.ts";
import { readTransactions } from "./turn-calls.ts";

const AMOUNT_USD = "10";
const TOP_UPS = "/api/v1/users/me/wallet/top-ups";

export async function walletRows(stage: Stage, { user }: People): Promise<void> {
  await adminRow(stage, user);
  await topUpRows(stage);
}

function adminRow(stage: Stage, user: string | null): Promise<null> {
  const head = {
    id: "wallet.admin",
    what: "an admin sees the user's wallet, with its transactions",
    expected: "the balance and the latest transactions that the user sees",
  };
  return stage.evidence.check(head, [user], async (id) => {
    const { rows } = await readTransactions(stage);
    const answer = await stage.ask("GET", `/api/v1/admin/wallets/${encodeURIComponent(id)}`, { as: "admin" });
    const { user_id: whose, balance, recent_transactions: recent } = read(answer, 200, AdminWallet);
    const own = rows.slice(0, recent.length);
    const isSame = recent.length > 0 && recent.every((row, index) => row.id === own[index]?.id && row.amount === own[index]?.amount);
    const last = own[0]?.balance_after ?? "0";
    const seen = `balance ${balance}, ${recent.length} transactions, ${isSame ? "the user's" : "others than the user's"}; the user's last says ${last}`;
    return { ok: whose === id && isSame && amount(balance).eq(amount(last)), seen, answer };
  });
}

/** A stage may take no payments: that is said and not red, and then there is nothing to cancel. */
async function topUpRows({ ask, evidence, run }: Stage): Promise<void> {
  let isClosed = false;
  const start = {
    id: "top_up.start",
    what: "a top-up is started",
    expected: "200 pending, with a client secret; 503 where no payments are taken",
  };
  const started = await evidence.check(start, [], async () => {
    const body = { amount_usd: AMOUNT_USD };
    const answer = await ask("POST", "/api/v1/users/me/wallet/top-up", { as: "user", body, key: `stage-verify:${run}:top-up` });
    isClosed = answer.status === 503 && statusLine(answer).startsWith("503 not_configured");
    if (isClosed) return { ok: true, seen: statusLine(answer), answer };
    const { id, status, amount_usd: usd, client_secret: secret } = read(answer, 200, Started);
    const ok = status === "pending" && secret !== null && amount(usd).eq(amount(AMOUNT_USD));
    return { ok, seen: `200 ${status}, $${usd}, ${secret === null ? "without" : "with"} a client secret`, value: id, answer };
  });
  const cancel = { id: "top_up.cancel", what: "it is canceled, once", expected: "200 canceled, and again the same bytes", always: true };
  await evidence.skipping(isClosed ? "the stage takes no payments" : null).check(cancel, [started], async (id) => {
    const answer = await ask("DELETE", `${TOP_UPS}/${encodeURIComponent(id)}`, { as: "user" });
    const { status } = read(answer, 200, TopUp);
    const again = await ask("DELETE", `${TOP_UPS}/${encodeURIComponent(id)}`, { as: "user" });
    const isSame = again.status === 200 && again.text === answer.text;
    return { ok: status === "canceled" && isSame, seen: `200 ${status}, then ${isSame ? "the same bytes" : statusLine(again)}`, answer };
  });
}

const AdminWallet = v.object({
  user_id: v.string(),
  balance: Decimal,
  recent_transactions: v.array(v.object({ id: v.string(), amount: Decimal })),
});
const Started = v.object({ id: v.string(), status: v.string(), amount_usd: Decimal, client_secret: v.nullable(v.string()) });
const TopUp = v.object({ status: v.string() });
