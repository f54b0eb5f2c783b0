// Enforcement: on, someone without credits is refused with the promised words; off, the same turn runs. The switch is put back at once.

import * as v from "valibot";
import { Decimal } from "@pantheon/contract/wire.ts";
import { amount, ZERO } from "@pantheon/contract/money.ts";
import { read, statusLine } from "./answer.ts";
import type { Finding } from "./evidence.ts";
import { putBack } from "./put-back.ts";
import type { Stage } from "./stage.ts";
import { askTurn, openSession, startTurn } from "./turn-calls.ts";

const REFUSAL = "Insufficient credits. Please top up your account.";

type Someone = "empty" | "admin";
type Settings = v.InferOutput<typeof SettingsView>;

/** `someone` is who has no credits: a token of their own, or the admin. `skip` says why the switch is not to be touched; null: it may be. */
export async function enforcementRows(stage: Stage, someone: Someone, skip: string | null): Promise<void> {
  const { evidence } = stage;
  const head = { id: "enforcement.read", what: "the settings can be read", expected: "200 with enforcement and its source" };
  const before = await evidence.check(head, [], async () => {
    const { settings, answer } = await readSettings(stage);
    return { ok: true, seen: sayOf(settings), value: settings, answer };
  });
  const changing = { ...stage, evidence: evidence.skipping(skip) };
  const tried = await switchRows(changing, someone, before);
  const back = {
    id: "enforcement.back",
    what: "enforcement is what it was",
    expected: before ? sayOf(before) : "not changed",
    always: true,
  };
  await changing.evidence.check(back, [], async () => {
    if (!tried || before === null) return { ok: true, seen: "nothing was changed" };
    return putBack(() => restore(stage, before));
  });
}

/** Answers whether a change was so much as asked for. */
async function switchRows(stage: Stage, someone: Someone, before: Settings | null): Promise<boolean> {
  const { evidence } = stage;
  let tried = false;
  const whose = someone === "admin" ? "the admin" : "the owner of --empty-token";
  const empty = { id: "enforcement.empty", what: `${whose} has no credits, and opens a session`, expected: "available at most 0; 201" };
  const session = await evidence.check(empty, [before], () => openEmptySession(stage, someone));
  const flip = (id: string, enabled: boolean) => {
    const head = { id, what: `enforcement is switched ${enabled ? "on" : "off"}`, expected: `200, ${enabled ? "on" : "off"} by override` };
    return evidence.check(head, [session], async () => {
      tried = true;
      const answer = await stage.ask("PATCH", SWITCH, { as: "admin", body: { enabled } });
      const { enforcement_enabled: now, source } = read(answer, 200, Switched);
      return { ok: now === enabled && source === "override", seen: `200, ${now ? "on" : "off"} by ${source}`, value: true, answer };
    });
  };
  const on = await flip("enforcement.on", true);
  const refused = {
    id: "enforcement.refuses",
    what: "on: a turn without credits is refused",
    expected: `402 insufficient_credits: ${REFUSAL}`,
  };
  await evidence.check(refused, [session, on], async (id) => {
    const answer = await askTurn(stage, someone, id);
    const { code, detail } = read(answer, 402, Refusal);
    return { ok: code === "insufficient_credits" && detail === REFUSAL, seen: statusLine(answer), answer };
  });
  const off = await flip("enforcement.off", false);
  const runs = { id: "enforcement.allows", what: "off: the same turn runs", expected: "201, balance_after below 0" };
  await evidence.check(runs, [session, off], async (id) => {
    const { answer, turn } = await startTurn(stage, someone, id);
    return { ok: amount(turn.balance_after).lt(ZERO), seen: `201, balance_after ${turn.balance_after}`, answer };
  });
  const low = { id: "enforcement.low", what: "their wallet says that it is low", expected: "balance at most 0, low_balance true" };
  await evidence.check(low, [session, off], async () => {
    const answer = await stage.ask("GET", "/api/v1/users/me/wallet", { as: someone });
    const { balance, low_balance: isLow } = read(answer, 200, EmptyWallet);
    return { ok: amount(balance).lte(ZERO) && isLow, seen: `200, balance ${balance}, low_balance ${isLow}`, answer };
  });
  return tried;
}

async function openEmptySession(stage: Stage, someone: Someone): Promise<Finding<string>> {
  const answer = await stage.ask("GET", "/api/v1/users/me/wallet", { as: someone });
  const { available } = read(answer, 200, Wallet);
  if (amount(available).gt(ZERO)) {
    const advice =
      someone === "admin" ? "give --empty-token, the token of a user without credits" : "use the token of a user without credits";
    return { ok: false, seen: `available ${available}: ${advice}`, answer };
  }
  const session = await openSession(stage, someone);
  return { ...session, seen: `available ${available}; ${session.seen}` };
}

/** The override as it was, or none when it came from the stage's configuration. */
async function restore(stage: Stage, before: Settings): Promise<Finding<never>> {
  const now = await readSettings(stage);
  if (sayOf(now.settings) === sayOf(before)) return { ok: true, seen: sayOf(now.settings), answer: now.answer };
  const isOverride = before.enforcement_source === "override";
  const answer = isOverride
    ? await stage.ask("PATCH", SWITCH, { as: "admin", body: { enabled: before.enforcement_enabled } })
    : await stage.ask("DELETE", SWITCH, { as: "admin" });
  const { settings } = await readSettings(stage);
  return { ok: sayOf(settings) === sayOf(before), seen: `${sayOf(settings)} (${statusLine(answer)})`, answer };
}

async function readSettings({ ask }: Stage) {
  const answer = await ask("GET", "/api/v1/admin/settings", { as: "admin" });
  return { settings: read(answer, 200, SettingsView), answer };
}

function sayOf({ enforcement_enabled: enabled, enforcement_source: source }: Settings): string {
  return `${enabled ? "on" : "off"} by ${source}`;
}

const SWITCH = "/api/v1/admin/settings/enforcement";

const SettingsView = v.object({ enforcement_enabled: v.boolean(), enforcement_source: v.picklist(["config", "override"]) });
const Switched = v.object({ enforcement_enabled: v.boolean(), source: v.string() });
const Refusal = v.object({ code: v.string(), detail: v.string() });
const Wallet = v.object({ available: Decimal });
const EmptyWallet = v.object({ balance: Decimal, low_balance: v.boolean() });
