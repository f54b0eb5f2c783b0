// A price that is changed binds the very next turn, and is put back at once. The change is the smallest there is and in the users' favour.

import * as v from "valibot";
import { Decimal } from "@pantheon/contract/wire.ts";
import { charge } from "@pantheon/core/pricing/charge.ts";
import { amount, format, sum } from "@pantheon/contract/money.ts";
import { read, statusLine, Surprise } from "./answer.ts";
import type { Finding } from "./evidence.ts";
import { putBack } from "./put-back.ts";
import type { Stage } from "./stage.ts";
import { readTransactions, startTurn, type Turn } from "./turn-calls.ts";

type Price = { readonly multiplier: string; readonly version: string; readonly revision: string };

const STEP = amount("0.0001"); // the last decimal of a multiplier

/** `skip` says why prices are not to be changed; null: they may be. */
export async function priceRows(stage: Stage, session: string | null, skip: string | null): Promise<void> {
  const { evidence, alias } = stage;
  const head = { id: "price.read", what: `the price of ${alias} can be read`, expected: "200 with its multiplier" };
  const before = await evidence.check(head, [], async () => {
    const price = await readPrice(stage);
    return { ok: true, seen: `× ${price.multiplier} in ${price.version}, revision ${price.revision}`, value: price, answer: price.answer };
  });
  const changing = { ...stage, evidence: evidence.skipping(skip) };
  const wanted = before === null ? null : changed(before.multiplier);
  const tried = await changeRows(changing, session, before, wanted);
  const back = {
    id: "price.back",
    what: "the price is what it was",
    expected: before ? `× ${before.multiplier}` : "not changed",
    always: true,
  };
  await changing.evidence.check(back, [], async () => {
    if (!tried || before === null || wanted === null) return { ok: true, seen: "nothing was changed" };
    return putBack(() => restore(stage, before, wanted));
  });
}

/** Answers whether a change was so much as asked for: an answer that is lost may be one that took effect. */
async function changeRows(stage: Stage, session: string | null, before: Price | null, wanted: string | null): Promise<boolean> {
  const { evidence, alias } = stage;
  let tried = false;
  const patch = {
    id: "price.patch",
    what: `the price of ${alias} is changed, with If-Match`,
    expected: `200, × ${wanted ?? "another one"}`,
  };
  const patched = await evidence.check(patch, [before, wanted], async (price, multiplier) => {
    tried = true;
    const answer = await patchPrice(stage, price, multiplier, price.revision);
    const item = read(answer, 200, PriceItem);
    return { ok: item.multiplier === multiplier, seen: `200, × ${item.multiplier}`, value: item.multiplier, answer };
  });
  const binds = { id: "price.binds", what: "the very next turn has the new price", expected: `201, multiplier ${wanted ?? "as changed"}` };
  const turn = await evidence.check(binds, [session, patched], async (id, multiplier) => {
    const { answer, turn: priced } = await startTurn(stage, "user", id);
    return { ok: priced.multiplier === multiplier, seen: `201, multiplier ${priced.multiplier}`, value: priced, answer };
  });
  const arithmetic = { id: "price.arithmetic", what: "that turn's charge, computed here from its receipt", expected: "credits_charged" };
  await evidence.check(arithmetic, [turn], (priced) => recompute(stage, priced));
  return tried;
}

/** A turn's charge by this build's own arithmetic, from the tokens, weights and multiplier of its receipt. */
async function recompute(stage: Stage, turn: Turn): Promise<Finding<never>> {
  const { rows, answer: list } = await readTransactions(stage);
  const debit = rows.find((row) => row.kind === "debit" && row.reference_id === turn.id);
  if (!debit) return { ok: false, seen: "the turn has no debit among the latest transactions", answer: list };
  const answer = await stage.ask("GET", `/api/v1/users/me/transactions/${debit.id}/receipt`, { as: "user" });
  const { lines } = read(answer, 200, Receipt);
  const charges = lines.map((line) => {
    const tokens = { fresh: line.input_tokens_fresh, cached: line.input_tokens_cached, output: line.output_tokens };
    const [fresh, cached] = [amount(line.weight_fresh), amount(line.weight_cached)];
    const weights = { fresh, cached, output: amount(line.weight_output), oePerCredit: amount(line.oe_per_credit) };
    return charge(tokens, { weights, multiplier: amount(turn.multiplier) }).charged.minus(amount(line.credits_absorbed));
  });
  const ok = lines.length > 0 && sum(charges).eq(amount(turn.credits_charged));
  return { ok, seen: `computed ${format(sum(charges))}, credits_charged ${turn.credits_charged}`, answer };
}

/** Sets the old price, unless somebody else has set another one meanwhile: that one stays, and the row is red. */
async function restore(stage: Stage, before: Price, ours: string): Promise<Finding<never>> {
  const now = await readPrice(stage, before.version);
  if (now.multiplier === before.multiplier) return { ok: true, seen: `× ${now.multiplier}`, answer: now.answer };
  const seen = `× ${now.multiplier}, expected × ${before.multiplier}`;
  if (now.multiplier !== ours) return { ok: false, seen: `${seen}: somebody else changed it, so it was left`, answer: now.answer };
  const answer = await patchPrice(stage, before, before.multiplier, now.revision);
  if (answer.status === 200) return { ok: true, seen: `× ${read(answer, 200, PriceItem).multiplier} again`, answer };
  return { ok: false, seen: `${seen} (${statusLine(answer)}): set it back by hand`, answer };
}

/** The price of the alias in the active version; it must still be `version`, where one is given. */
async function readPrice({ ask, alias }: Stage, version?: string) {
  const answer = await ask("GET", "/api/v1/admin/pricing", { as: "admin" });
  const { items, revision } = read(answer, 200, Prices);
  const item = items.find((each) => each.model_alias === alias && (version ?? each.pricing_version) === each.pricing_version);
  if (!item) throw new Surprise(`200, but no price of ${alias}${version === undefined ? "" : ` in ${version}`}`, answer);
  return { multiplier: item.multiplier, version: item.pricing_version, revision, answer };
}

function patchPrice({ ask, alias }: Stage, { version }: Price, multiplier: string, ifMatch: string) {
  return ask("PATCH", `/api/v1/admin/pricing/${encodeURIComponent(alias)}`, {
    as: "admin",
    body: { multiplier, pricing_version: version },
    ifMatch,
  });
}

function changed(multiplier: string): string {
  const now = amount(multiplier);
  return format(now.gt(STEP) ? now.minus(STEP) : now.plus(STEP));
}

const PriceItem = v.object({ model_alias: v.string(), multiplier: Decimal, pricing_version: v.string() });
const Prices = v.object({ revision: v.pipe(v.string(), v.regex(/^\d{1,18}$/)), items: v.array(PriceItem) });
const Receipt = v.object({
  lines: v.array(
    v.object({
      input_tokens_fresh: v.number(),
      input_tokens_cached: v.number(),
      output_tokens: v.number(),
      weight_fresh: Decimal,
      weight_cached: Decimal,
      weight_output: Decimal,
      oe_per_credit: Decimal,
      credits_absorbed: Decimal,
    }),
  ),
});
