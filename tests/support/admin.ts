// What an admin of the product does, in words, and what the tables say of it afterwards.

import { sql } from "kysely";
import * as v from "valibot";
import { testWorld, type Answer, type CallOptions, type Json, type TestWorld } from "./world.ts";

/** The admins of `adminWorld`. */
export const ROOT = "root";
export const SECOND = "second";

export const LAUNCH = "2026-02-20";

/** A world with two admins. */
export function adminWorld(
  environment: Readonly<Record<string, string>> = {},
  options: Omit<NonNullable<Parameters<typeof testWorld>[0]>, "environment"> = {},
): Promise<TestWorld> {
  return testWorld({ ...options, environment: { ADMIN_USER_IDS: `${ROOT},${SECOND}`, ...environment } });
}

/** Calls `/api/v1/admin/<path>` as the first admin, unless another one is named. */
export function operate(world: Pick<TestWorld, "call">, target: string, options: CallOptions = {}): Promise<Answer> {
  const [method = "", path = ""] = target.split(" ");
  return world.call(method, `/api/v1/admin/${path}`, { user: ROOT, ...options });
}

export type PricePatch = CallOptions & { alias?: string; version?: string };

/** Patches the price of `default` in the launch version, unless another one is named. */
export function patchPrice(
  world: Pick<TestWorld, "call">,
  multiplier: unknown,
  { alias = "default", version = LAUNCH, ...options }: PricePatch = {},
): Promise<Answer> {
  return operate(world, `PATCH pricing/${alias}`, { body: { multiplier, pricing_version: version }, ...options });
}

/** The multiplier of an alias as the admins' list has it. */
export async function priceOf(world: Pick<TestWorld, "call">, alias: string): Promise<string> {
  const { json } = await operate(world, "GET pricing");
  return json.items.find((item: Json) => item.model_alias === alias).multiplier;
}

/** Makes a version that copies the active one's prices. */
export function createVersion(world: Pick<TestWorld, "call">, version: string, more: Record<string, unknown> = {}): Promise<Answer> {
  return operate(world, "POST pricing/versions", { body: { version, label: `Version ${version}`, effective_date: "2025-03-20", ...more } });
}

/** The same act so many times at once, each told which it is. */
export function atOnce<Result>(times: number, act: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: times }, (_none, index) => act(index)));
}

/** Opens every connection that the world may have, so that what races next does so from its first statement on. */
export async function givenOpenConnections(world: Pick<TestWorld, "deps">): Promise<void> {
  await atOnce(64, () => sql`select pg_sleep(0.02)`.execute(world.deps.db.query));
}

/** Acts over and over, told how often it did before, for as long as the work goes on. Answers how often. */
export async function beside(work: Promise<unknown>, act: (time: number) => Promise<void>): Promise<number> {
  const state = { going: true, times: 0 };
  const acting = async () => {
    for (; state.going; state.times += 1) await act(state.times);
  };
  await Promise.all([work.finally(() => (state.going = false)), acting()]);
  return state.times;
}

/** How many answers there are of each status. */
export function statuses(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The audit's rows of these kinds (all without any), oldest first. Each is written under the lock of what it tells, so time is order. */
export async function actionsOf({ deps }: Pick<TestWorld, "deps">, ...kinds: readonly string[]): Promise<Action[]> {
  const rows = await deps.db.query.selectFrom("admin_actions").selectAll().orderBy("created_at").orderBy("id").execute();
  return v.parse(Actions, rows).filter(({ action }) => kinds.length === 0 || kinds.includes(action));
}

export type Action = v.InferOutput<typeof Actions>[number];
const Values = v.nullable(v.record(v.string(), v.unknown()));
const Actions = v.array(
  v.looseObject({ admin_id: v.string(), action: v.string(), target: v.string(), request_id: v.string(), before: Values, after: Values }),
);

/** What each of these actions says was there before it, when every one began where the one before it ended; else where the chain broke. */
export function chainOf(actions: readonly Action[], name: string, begin: unknown): unknown {
  const broken = actions.flatMap(({ before, after }, index) => {
    const expected = index === 0 ? begin : actions[index - 1]?.after?.[name];
    return before?.[name] === expected
      ? []
      : [`${index}: ${String(expected)} was told as ${String(before?.[name])} > ${String(after?.[name])}`];
  });
  return broken.length > 0 ? broken : "whole";
}

export async function revisionOf({ deps }: Pick<TestWorld, "deps">): Promise<number> {
  const row = await deps.db.query.selectFrom("runtime_settings").select("revision").executeTakeFirstOrThrow();
  return Number(row.revision);
}

/** The places of a 422's faults, or of any other answer its status and code. */
export function refusalOf({ status, json }: Answer): string {
  const paths = json?.errors?.map((fault: Json) => fault.path).join(" ");
  return [status, json?.code, ...(paths === undefined ? [] : [`at ${paths}`])].join(" ");
}

type Body = Readonly<Record<string, unknown>>;

export type Write = {
  /** The kind of its audit row. */
  readonly action: string;
  /** Method, and path under `/api/v1/admin/`. */
  readonly target: string;
  readonly body?: Body;
  /** Another request that may not pass under the same key. */
  readonly other: { readonly target?: string; readonly body?: Body };
  readonly status: number;
};

const patch = { pricing_version: LAUNCH, multiplier: "3.25" };
const version = { version: "spring", label: "Spring", effective_date: "2025-03-20" };

/** Every write of an admin once, on user `ada`, who must have been here. `spring` is made before it is made active. */
export const WRITES: readonly Write[] = [
  { action: "pricing.patch", target: "PATCH pricing/default", body: patch, other: { body: { ...patch, multiplier: 4 } }, status: 200 },
  {
    action: "pricing.create_version",
    target: "POST pricing/versions",
    body: version,
    other: { body: { ...version, label: "Autumn" } },
    status: 201,
  },
  {
    action: "pricing.activate",
    target: "POST pricing/versions/spring/activate",
    other: { target: `POST pricing/versions/${LAUNCH}/activate` },
    status: 200,
  },
  {
    action: "settings.enforcement",
    target: "PATCH settings/enforcement",
    body: { enabled: true },
    other: { body: { enabled: false } },
    status: 200,
  },
  { action: "settings.enforcement", target: "DELETE settings/enforcement", other: { target: "POST users/ada/suspend" }, status: 200 },
  {
    action: "wallet.grant",
    target: "POST wallets/ada/grant",
    body: { amount: "1.5", note: "sorry" },
    other: { body: { amount: "1.5" } },
    status: 200,
  },
  {
    action: "wallet.grant",
    target: "POST users/ada/wallet/grant",
    body: { amount: 2 },
    other: { target: "POST users/bob/wallet/grant", body: { amount: 2 } },
    status: 200,
  },
  {
    action: "wallet.deduct",
    target: "POST wallets/ada/deduct",
    body: { amount: "0.5", note: "a typo" },
    other: { body: { amount: "0.5", note: "another" } },
    status: 200,
  },
  { action: "user.suspend", target: "POST users/ada/suspend", other: { target: "POST users/ada/reactivate" }, status: 200 },
  { action: "user.reactivate", target: "POST users/ada/reactivate", other: { target: "POST users/ada/suspend" }, status: 200 },
];
