// Answers in one piece whose reader was gone before they were written out. OpenAI's SDKs ask again then, and say so: the same request of the
// same caller within a minute is told what was paid for already, unless the key is good no more. Kept in this container's memory alone.

import { requestHash } from "@pantheon/edge/input/idempotency-key.ts";
import type { Ticks } from "@pantheon/contract/time.ts";
import type { Caller } from "@pantheon/core/accounts/caller.ts";
import type { Asked } from "@pantheon/edge/shell/app-env.ts";

const KEPT_MS = 60_000;
const MOST_KEPT = 64;

type Kept = { readonly response: Promise<Response>; lost: boolean; until: number };

export type Repeated = {
  /** The response of `place`; or, to a repetition, the one that its first reader never got. */
  once(c: Asked, place: () => Promise<Response>): Promise<Response>;
};

/** Rejects with 401 or 403 when this caller may not be told anything any more: a repetition runs no statement that would say so. */
export type StillGood = (caller: Caller) => Promise<void>;

/** Knows nothing yet. */
export function createRepeated(ticks: Ticks, stillGood: StillGood): Repeated {
  const known = new Map<string, Set<Kept>>();
  return {
    async once(c, place) {
      const tries = Number(c.req.header("X-Stainless-Retry-Count") ?? Number.NaN);
      if (!Number.isSafeInteger(tries) || c.var.idempotencyKey !== null) return place();
      forget(known, ticks());
      const name = nameOf(c);
      const findLost = () => (tries > 0 ? [...(known.get(name) ?? [])].find((kept) => kept.lost) : undefined);
      if (findLost() !== undefined) await stillGood(c.var.caller);
      const lost = findLost(); // another repetition may have been quicker
      if (lost !== undefined) {
        drop(known, name, lost);
        const again = (await lost.response).clone();
        again.headers.set("Idempotency-Replayed", "true");
        return again;
      }
      return placedOnce(c, place, { known, name, ticks });
    },
  };
}

type Place = { readonly known: Map<string, Set<Kept>>; readonly name: string; readonly ticks: Ticks };

/** Places the call, and keeps its response while nobody knows whether it was read. */
async function placedOnce(c: Asked, place: () => Promise<Response>, { known, name, ticks }: Place): Promise<Response> {
  const { promise: response, resolve, reject } = Promise.withResolvers<Response>();
  response.catch(() => {}); // a refusal is told to whoever waits for it, and to nobody else
  const kept: Kept = { response, lost: false, until: Infinity };
  known.set(name, (known.get(name) ?? new Set()).add(kept));
  const { signal } = c.req.raw;
  signal.addEventListener("abort", () => (kept.lost = true), { once: true });
  if (signal.aborted) kept.lost = true;
  try {
    const placed = await place();
    resolve(placed.clone());
    kept.until = ticks() + KEPT_MS;
    return written(placed, (whole) => {
      if (whole && !signal.aborted) drop(known, name, kept);
      else kept.lost = true;
    });
  } catch (error) {
    drop(known, name, kept);
    reject(error);
    throw error;
  }
}

/** The response, which says when its body was taken to the end, or left. */
function written(response: Response, told: (whole: boolean) => void): Response {
  const reader = response.body?.getReader();
  if (reader === undefined) return response;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { value } = await reader.read();
        if (value !== undefined) return controller.enqueue(value);
        told(true);
        controller.close();
      },
      cancel: async (reason) => {
        told(false);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}

/** One caller's one request. */
function nameOf(c: Asked): string {
  const { actor, key } = c.var.caller;
  return `${actor} ${key?.id ?? ""} ${requestHash(c.req.method, c.req.path, c.var.sentBody)}`;
}

function drop(known: Map<string, Set<Kept>>, name: string, kept: Kept): void {
  const all = known.get(name);
  all?.delete(kept);
  if (all?.size === 0) known.delete(name);
}

function forget(known: Map<string, Set<Kept>>, now: number): void {
  for (const [name, all] of known) for (const kept of all) if (kept.until < now) drop(known, name, kept);
  while (known.size > MOST_KEPT) known.delete(known.keys().next().value ?? "");
}
