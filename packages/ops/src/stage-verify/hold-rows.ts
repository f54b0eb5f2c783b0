// A program's way in: an API key that is made, opens and settles a hold, and is revoked. It is made for this run and ended whatever happens.

import * as v from "valibot";
import { amount } from "@pantheon/contract/money.ts";
import { Decimal } from "@pantheon/contract/wire.ts";
import { read, statusLine, Surprise } from "./answer.ts";
import type { Stage } from "./stage.ts";

const HELD = "0.002";
const USED = "0.001";

export async function holdRows(stage: Stage): Promise<void> {
  const { ask, evidence, run } = stage;
  const make = { id: "key.create", what: "an API key is made", expected: "201, with the key, this once" };
  const made = await evidence.check(make, [], async () => {
    const name = `stage:verify ${run}`;
    const answer = await ask("POST", "/api/v1/users/me/keys", { as: "user", body: { name } });
    const { id, key, prefix } = read(answer, 201, ApiKey);
    return { ok: key.startsWith(prefix), seen: `201, key ${id}`, value: { id, key }, answer };
  });
  await settledRows(stage, made?.key ?? null);
  const revoke = { id: "key.revoke", what: "the key is revoked", expected: "204, and the next call with it 401", always: true };
  await evidence.check(revoke, [made], async ({ id, key }) => {
    const answer = await ask("DELETE", `/api/v1/users/me/keys/${encodeURIComponent(id)}`, { as: "user" });
    if (answer.status !== 204) throw new Surprise(statusLine(answer), answer);
    const refused = await open(stage, key, "after");
    return { ok: refused.status === 401, seen: `204, then ${statusLine(refused)}`, answer: refused };
  });
}

async function settledRows(stage: Stage, key: string | null): Promise<void> {
  const { ask, evidence } = stage;
  const head = { id: "hold", what: "a hold is opened with it", expected: `201, ${HELD} credits held` };
  const held = await evidence.check(head, [key], async (bearer) => {
    const answer = await open(stage, bearer, "hold");
    const { id, hold } = read(answer, 201, Hold);
    return { ok: amount(hold).eq(amount(HELD)), seen: `201, ${hold} held`, value: id, answer };
  });
  const settle = {
    id: "hold.settle",
    what: "it is settled, once",
    expected: `200, ${USED} charged, and again the same bytes`,
    always: true,
  };
  await evidence.check(settle, [key, held], async (bearer, id) => {
    const send = () => ask("POST", `/api/v1/holds/${encodeURIComponent(id)}/settle`, { bearer, body: { credits: USED } });
    const answer = await send();
    const { credits_charged: charged, receipt } = read(answer, 200, Settled);
    const again = await send();
    const isSame = again.status === 200 && again.text === answer.text;
    return {
      ok: amount(charged).eq(amount(USED)) && receipt.matches && isSame,
      seen: `200, charged ${charged}, matches ${receipt.matches}, then ${isSame ? "the same bytes" : statusLine(again)}`,
      answer,
    };
  });
}

function open({ ask, alias, run }: Stage, bearer: string, which: string) {
  return ask("POST", "/api/v1/holds", { bearer, body: { model_alias: alias, credits: HELD }, key: `stage-verify:${run}:${which}` });
}

const ApiKey = v.object({ id: v.string(), key: v.string(), prefix: v.string() });
const Hold = v.object({ id: v.string(), hold: Decimal });
const Settled = v.object({ credits_charged: Decimal, receipt: v.object({ matches: v.boolean() }) });
