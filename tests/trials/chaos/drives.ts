// How a worker is brought to each failpoint, and what must be true once the same request was sent again. A drive belongs to one user that
// nobody else uses, so its end can be read from that user's rows.

import { newId } from "@pantheon/contract/id.ts";
import { signatureOf } from "@pantheon/stand-ins/stripe/delivery.ts";
import { call, type Answer, type Call } from "./call.ts";
import type { Slot } from "./crew.ts";
import type { Drive } from "./failpoints.ts";
import { ADMIN, WEBHOOK_SECRET, type Place } from "./place.ts";

/** One kill: its place, its worker, its user. */
export type Job = {
  readonly place: Place;
  readonly slot: Slot;
  readonly user: string;
  /** The lane's own alias. */
  readonly alias: string;
  /** Different for every job, with four decimals: the price that it sets. */
  readonly multiplier: string;
  /** False: the client never returns, and only the sweep comes by. */
  readonly returns: boolean;
};

/** What is sent, again and again, and how its end is judged: null when it is as it must be. */
export type Act = {
  send(): Promise<Answer>;
  /** True when the answer says that it is done. */
  isDone(answer: Answer): boolean;
  /** Turns leave a lease behind that must be over before the key runs again. */
  readonly hasLease: boolean;
  verdict(last: Answer): Promise<string | null>;
};

export const DRIVES: Readonly<Record<Drive, (job: Job) => Promise<Act>>> = {
  turn: (job) => turn(job, null),
  stream: (job) => turn(job, null, "/stream"),
  "failing turn": (job) => turn(job, "fake-400"),
  "second try": secondTry,
  session,
  "top-up": topUp,
  payment: async (job) => event(job, await paid(job), "1"),
  refund: async (job) => refund(job),
  grant,
  price,
  sweep,
};

async function send({ place, slot, user }: Job, request: Call, as = user): Promise<Answer> {
  return call(slot.worker.url, { token: await place.token(as), ...request });
}

/** Sends until it is answered so; what is prepared here meets no fault, but its worker may just have been replaced. */
async function prepared(job: Job, request: Call, status: number): Promise<string> {
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await send(job, request);
    if (answer.status === status) return answer.text;
  }
  throw new Error(`${request.method} ${request.path} could not be prepared`);
}

async function openSession(job: Job): Promise<string> {
  const text = await prepared(job, { method: "POST", path: "/api/v1/sessions", key: newId(), body: {} }, 201);
  return String(JSON.parse(text).id);
}

/** A stream that came to its end is a turn's 201, and its end the body; one that did not is no answer. */
function endOf(answer: Answer): Answer {
  if (answer.status !== 200) return answer;
  const done = /^data: (?<event>\{"type":"done".*)$/m.exec(answer.text)?.groups?.["event"];
  return done === undefined ? { ...answer, status: null } : { ...answer, status: 201, text: done };
}

type TurnRow = { completed: string; failed: string; running: string; debits: string; events: string; held: string };

/** One turn under a key; one debit when it was answered with 201, else none and nothing held. */
async function turn(job: Job, failing: string | null, address = ""): Promise<Act> {
  const path = `/api/v1/sessions/${await openSession(job)}/turns${address}`;
  const body = { message: "Kill me.", max_output_tokens: 24, model_alias_override: failing ?? job.alias };
  const key = newId();
  const bodies = new Set<string>();
  return {
    hasLease: true,
    send: async () => {
      const answer = endOf(await send(job, { method: "POST", path, key, body }));
      if (answer.status === 201) bodies.add(answer.text);
      return answer;
    },
    isDone: ({ status }) => status === (failing === null ? 201 : 502),
    verdict: async ({ status }) => {
      const row = await turnRow(job);
      const isPaid = status === 201;
      const wanted = isPaid
        ? { completed: "1", failed: "0", running: "0", debits: "1", events: "1" }
        : { completed: "0", running: "0", debits: "0", events: "0" };
      const wrong = Object.entries(wanted).filter(([name, value]) => row[name as keyof TurnRow] !== value);
      if (wrong.length > 0 || Number(row.held) !== 0 || bodies.size > 1) return `${status}, ${bodies.size} bodies: ${JSON.stringify(row)}`;
      return null;
    },
  };
}

async function turnRow({ place, user }: Job): Promise<TurnRow> {
  const { rows } = await place.server.direct.query<TurnRow>(
    `select (select count(*) from turns where user_id = $1 and status = 'completed') as completed, (select count(*) from turns where user_id = $1 and status = 'failed') as failed,
            (select count(*) from turns where user_id = $1 and status = 'running') as running, (select count(*) from credit_transactions where user_id = $1 and kind = 'debit') as debits,
            (select count(*) from llm_call_events where user_id = $1) as events, (select held from credit_wallets where user_id = $1) as held`,
    [user],
  );
  const [row] = rows;
  if (!row) throw new Error("the database does not say what became of a turn");
  return row;
}

/** A turn that failed once; the kill comes when its key runs it again. */
async function secondTry(job: Job): Promise<Act> {
  const act = await turn(job, null);
  job.place.provider.behave(job.alias, "fake-400");
  const refused = await act.send();
  job.place.provider.behave(job.alias, null);
  if (refused.status !== 502) throw new Error(`the first try was answered ${refused.status}`);
  return act;
}

async function session(job: Job): Promise<Act> {
  const key = newId();
  return {
    hasLease: false,
    send: () => send(job, { method: "POST", path: "/api/v1/sessions", key, body: { title: "once" } }),
    isDone: ({ status }) => status === 201,
    verdict: async () => expected(job, "select count(*) from sessions where user_id = $1", "1"),
  };
}

async function topUp(job: Job): Promise<Act> {
  const key = newId();
  return {
    hasLease: false,
    send: () => send(job, { method: "POST", path: "/api/v1/users/me/wallet/top-up", key, body: { amount_usd: "10.00" } }),
    isDone: ({ status }) => status === 200,
    verdict: async () => {
      const intents = job.place.stripe.intents().filter(({ metadata }) => metadata["user_id"] === job.user);
      if (intents.length !== 1) return `${intents.length} payment intents`;
      return expected(job, "select count(*) from top_ups where user_id = $1 and payment_intent is not null", "1");
    },
  };
}

/** A top-up of $10 that was paid, and that nobody has told us of; answers its payment intent. */
async function paid(job: Job): Promise<string> {
  const { stripe } = job.place;
  await prepared(job, { method: "POST", path: "/api/v1/users/me/wallet/top-up", key: newId(), body: { amount_usd: "10.00" } }, 200);
  const intent = stripe.intents().findLast(({ metadata }) => metadata["user_id"] === job.user);
  if (!intent) throw new Error("a top-up left no payment intent");
  stripe.pay(intent.id, "pm_card_visa");
  return intent.id;
}

/** Stripe's event about this payment, posted until it is taken. */
async function event(job: Job, payment: string, grants: string, type = "payment_intent.succeeded", object = payment): Promise<Act> {
  const told = job.place.stripe.events().find((one) => one.type === type && Reflect.get(one.data.object, "id") === object);
  if (!told) throw new Error(`there is no event ${type}`);
  const raw = JSON.stringify(told);
  return {
    hasLease: false,
    send: () => {
      const signature = signatureOf(raw, { secret: WEBHOOK_SECRET }, Math.floor(Date.now() / 1_000));
      return call(job.slot.worker.url, { method: "POST", path: "/webhooks/stripe", raw, headers: { "Stripe-Signature": signature } });
    },
    isDone: ({ status }) => status === 200,
    verdict: async () =>
      (await expected(
        job,
        "select count(*) from credit_transactions where user_id = $1 and source = 'top_up' and amount = 333.33",
        grants,
      )) ??
      (type === "refund.created" ? await expected(job, "select balance from credit_wallets where user_id = $1", "166.66000000") : null),
  };
}

/** A payment that was granted, and of which half goes back. */
async function refund(job: Job): Promise<Act> {
  const payment = await paid(job);
  const granted = await (await event(job, payment, "1")).send();
  if (granted.status !== 200) throw new Error("the payment could not be granted");
  const { id } = job.place.stripe.refund(payment, 500);
  return event(job, payment, "1", "refund.created", id);
}

async function grant(job: Job): Promise<Act> {
  const key = newId();
  const request = { method: "POST", path: `/api/v1/admin/wallets/${job.user}/grant`, key, body: { amount: "7.5", create: true } } as const;
  return {
    hasLease: false,
    send: () => send(job, request, ADMIN),
    isDone: ({ status }) => status === 200,
    verdict: async () =>
      (await expected(job, "select count(*) from credit_transactions where user_id = $1 and source = 'admin' and amount = 7.5", "1")) ??
      (await expected(job, "select count(*) from admin_actions where action = 'wallet.grant' and target = $1", "1")),
  };
}

async function price(job: Job): Promise<Act> {
  const { alias, multiplier } = job;
  const key = newId();
  const body = { multiplier, pricing_version: "2026-02-20" };
  return {
    hasLease: false,
    send: () => send(job, { method: "PATCH", path: `/api/v1/admin/pricing/${alias}`, key, body }, ADMIN),
    isDone: ({ status }) => status === 200,
    verdict: async () => {
      const audited = `select count(*) from admin_actions where action = 'pricing.patch' and target = '2026-02-20/' || $1 and after ->> 'multiplier' = '${multiplier}'`;
      const set = `select count(*) from model_pricing where model_alias = $1 and multiplier = ${multiplier}`;
      return (await expected(job, audited, "1", alias)) ?? (await expected(job, set, "1", alias));
    },
  };
}

/** The scheduled sweep, which finds a turn whose container died. */
async function sweep(job: Job): Promise<Act> {
  const act = await turn(job, null);
  await job.slot.worker.arm("llm:before");
  await act.send();
  await job.slot.worker.ended;
  return {
    ...act,
    hasLease: false,
    send: async () => {
      await lapseOf(job);
      const swept = await job.slot.worker.job("sweep");
      return { status: swept ? 200 : null, text: "", replayed: false };
    },
    isDone: ({ status }) => status === 200,
    verdict: () => act.verdict({ status: null, text: "", replayed: false }),
  };
}

/** Ends the leases of this user's turns, as if their time had passed. */
export async function lapseOf({ place, user }: Job): Promise<void> {
  await place.server.direct.query(
    "update turns set lease_until = clock_timestamp() - interval '1 second' where user_id = $1 and status = 'running'",
    [user],
  );
}

async function expected({ place, user }: Job, text: string, wanted: string, of = user): Promise<string | null> {
  const { rows } = await place.server.direct.query<Record<string, string>>(text, [of]);
  const found = Object.values(rows[0] ?? {})[0];
  return found === wanted ? null : `${found} instead of ${wanted}: ${text}`;
}
