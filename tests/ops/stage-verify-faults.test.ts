// Whatever fails in the middle of stage:verify: the other rows are looked at all the same, and what it changed is put back.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patchPrice } from "../support/admin.ts";
import { withFront, type Intercept } from "../support/stage-front.ts";
import { idsOf, rowOf, settingsOf, verifiableWorld, verify } from "../support/stage-verification.ts";
import type { TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";
const AS_BEFORE = { price: "1", override: null, sessions: 0 };

let world: TestWorld;
beforeAll(async () => {
  world = await verifiableWorld();
});
afterAll(() => world.end());

const throughFront = (intercept: Intercept, signal?: AbortSignal) =>
  withFront(world, { intercept }, (url) => verify(world, { url }, signal && { signal }));

const isPatch = (request: Request, path: string) => request.method === "PATCH" && new URL(request.url).pathname.endsWith(path);

/** The requests that put things back are answered 503 so many times. */
function refusedWayBack(times: number): Intercept {
  let refused = 0;
  return async (request, next) => {
    const isBack =
      request.method === "DELETE"
        ? request.url.endsWith("/enforcement")
        : isPatch(request, "/pricing/default") && (await request.clone().text()).includes('"1"');
    if (!isBack || (refused += 1) > times) return next(request);
    const headers = { "Pantheon-Version": world.config.commit };
    return Response.json({ code: "database_unavailable", detail: "Away." }, { status: 503, headers });
  };
}

describe("a model that fails", () => {
  it("from the first turn on is red in what needs a turn, and nowhere else", async () => {
    world.provider.behave(MODEL, "fake-500");
    const evidence = await verify(world).finally(() => world.provider.behave(MODEL, null));
    expect(idsOf(evidence, "red")).toEqual(["turn", "file.turn", "price.binds", "enforcement.allows"]);
    const dependent = ["turn.wallet", "turn.usage", "turn.debit", "turn.receipt", "summary.day", "turn.replay", "price.arithmetic"];
    expect(idsOf(evidence, "not run")).toEqual(dependent);
    expect(rowOf(evidence, "turn").seen).toMatch(/^502 provider_failed: /);
    expect(rowOf(evidence, "turn.wallet")).toMatchObject({ ok: false, seen: "needs what an earlier row did not find", request_id: null });
    expect([evidence.ok, await settingsOf(world)]).toEqual([false, AS_BEFORE]);
  });

  it("once the price was changed leaves neither the price nor the switch changed", async () => {
    const evidence = await throughFront((request, next) => {
      if (isPatch(request, "/pricing/default")) world.provider.behave(MODEL, "fake-500");
      return next(request);
    }).finally(() => world.provider.behave(MODEL, null));
    expect(idsOf(evidence, "red", "not run")).toEqual(["price.binds", "price.arithmetic", "enforcement.allows"]);
    expect([rowOf(evidence, "price.back").ok, rowOf(evidence, "enforcement.back").ok]).toEqual([true, true]);
    expect(await settingsOf(world)).toEqual(AS_BEFORE);
  });
});

describe("a change whose answer is lost", () => {
  it.each([
    ["/pricing/default", ["price.patch", "price.binds", "price.arithmetic"]],
    ["/settings/enforcement", ["enforcement.on", "enforcement.refuses"]],
  ])("may have taken effect, so it is put back: PATCH …%s", async (path, red) => {
    let cut = false;
    const evidence = await throughFront(async (request, next) => {
      const answer = await next(request);
      if (cut || !isPatch(request, path)) return answer;
      cut = true;
      return null;
    });
    expect(idsOf(evidence, "red", "not run")).toEqual(red);
    expect(rowOf(evidence, red[0] ?? "").seen).toMatch(/^no answer after /);
    expect(await settingsOf(world)).toEqual(AS_BEFORE);
  });
});

describe("the way back", () => {
  it("is tried again when it is refused", async () => {
    const evidence = await throughFront(refusedWayBack(3));
    expect([evidence.ok, await settingsOf(world)]).toEqual([true, AS_BEFORE]);
  });

  it("that stays closed is red and says what is to be done by hand, and the rest goes on", async () => {
    const evidence = await throughFront(refusedWayBack(5));
    expect(idsOf(evidence, "red", "not run")).toEqual(["price.back"]);
    expect(rowOf(evidence, "price.back").seen).toBe("× 0.9999, expected × 1 (503 database_unavailable: Away.): set it back by hand");
    await patchPrice(world, "1");
    expect(await settingsOf(world)).toEqual(AS_BEFORE);
  });

  it("is not needed where somebody else changed a price since it was read: If-Match refuses ours", async () => {
    let changed = false;
    const evidence = await throughFront(async (request, next) => {
      const answer = await next(request);
      if (!changed && request.method === "GET" && request.url.endsWith("/pricing")) {
        changed = true;
        await patchPrice(world, "3");
      }
      return answer;
    });
    expect(idsOf(evidence, "red")).toEqual(["price.patch", "price.back"]);
    expect(rowOf(evidence, "price.patch").seen).toMatch(/^412 precondition_failed: /);
    expect((await settingsOf(world)).price).toBe("3");
    await patchPrice(world, "1");
  });

  it("leaves a price that somebody else set meanwhile, and says so", async () => {
    let changed = false;
    const evidence = await throughFront(async (request, next) => {
      const answer = await next(request);
      if (!changed && isPatch(request, "/pricing/default")) {
        changed = true;
        await patchPrice(world, "3");
      }
      return answer;
    });
    expect(idsOf(evidence, "red", "not run")).toEqual(["price.binds", "price.back"]);
    expect(rowOf(evidence, "price.back").seen).toBe("× 3, expected × 1: somebody else changed it, so it was left");
    expect((await settingsOf(world)).price).toBe("3");
    await patchPrice(world, "1");
  });
});

describe("a run that is stopped", () => {
  it.each([
    ["/pricing/default", "price.patch", "price.back"],
    ["/settings/enforcement", "enforcement.on", "enforcement.back"],
  ])("at PATCH …%s runs nothing more but what puts things back", async (path, last, back) => {
    const stopping = new AbortController();
    const evidence = await throughFront((request, next) => {
      if (isPatch(request, path)) stopping.abort();
      return next(request);
    }, stopping.signal);
    const after = evidence.rows.slice(evidence.rows.findIndex(({ id }) => id === last) + 1);
    expect(after.filter(({ outcome }) => outcome === "green").map(({ id }) => id)).toEqual([
      ...new Set([back, "enforcement.back", "sessions.user", "sessions.empty"]),
    ]);
    expect(after.filter(({ ok }) => ok === false).every(({ seen }) => seen === "the run was stopped")).toBe(true);
    expect([evidence.ok, await settingsOf(world)]).toEqual([false, AS_BEFORE]);
  });
});
