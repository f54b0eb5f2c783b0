// A route responds by the shape that it declares: anything else does not compile. (`npm run check:types` proves the first test: an
// expected error that does not come is an error.)

import { Hono } from "hono";
import * as v from "valibot";
import { expect, it } from "vitest";
import { Grant } from "@pantheon/contract/booking.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import type { StreamEvent } from "@pantheon/core/turns/stream.ts";
import type { EventSource } from "@pantheon/edge/output/event-stream.ts";
import * as shapes from "@pantheon/contract/stream.ts";
import { noQuery } from "@pantheon/edge/input/validate.ts";
import { projectFiles } from "../support/project-files.ts";

const grant: v.InferInput<typeof Grant> = { user_id: "ada", new_balance: "1.5", transaction_id: "t" };

it("takes the declared shape and no other, under the declared status", async () => {
  const app = new Hono<AppEnv>();
  const declared = describe({ id: "grantCredits", summary: "Grant credits", tag: "admin", responds: [201, Grant] });
  app.get("/good", declared, noQuery, (c) => c.var.respond(grant));
  // @ts-expect-error an amount is a string on the wire
  app.get("/number", declared, noQuery, (c) => c.var.respond({ ...grant, new_balance: 1.5 }));
  // @ts-expect-error a member is missing
  app.get("/less", declared, noQuery, (c) => c.var.respond({ user_id: "ada" }));
  // @ts-expect-error another shape's member
  app.get("/more", declared, noQuery, (c) => c.var.respond({ ...grant, credits_granted: "1" }));
  const response = await app.request("/good");
  expect([response.status, response.headers.get("content-type"), await response.json()]).toEqual([201, "application/json", grant]);
});

it("streams the contract's events and no other", async () => {
  // @ts-expect-error a kind that the contract does not know
  streamOf({ type: "thought", delta: "Hm" });
  // @ts-expect-error another kind's member
  streamOf({ type: "chunk", delta: "Hm", hold: "1" });
  // @ts-expect-error an amount is a string on the wire
  started({ hold: 1 });
  // @ts-expect-error a failure is told by whoever responds, with a code of the list
  told({ type: "error", code: "internal", detail: "" });
  const events = [...streamOf({ type: "error", code: "internal", detail: "" }), told({ type: "chunk", delta: "Hm" }), started({})];
  expect(events.every((event) => v.is(shapes.StreamEvent, event))).toBe(true);
});

/** An event as the response may carry it. */
const streamOf = (event: Awaited<ReturnType<EventSource["next"]>>) => [event];

/** An event as the turn's own stream may tell it. */
const told = (event: StreamEvent) => event;

function started(more: Partial<v.InferInput<typeof shapes.TurnStarted>>): StreamEvent {
  const priced = { model_alias_used: "default", multiplier: "1", pricing_version: "p", hold: "1", prune_triggered: false };
  return { type: "turn_started", turn_id: "t", turn_index: 1, ...priced, created_at: "2026-01-01T00:00:00.000Z", ...more };
}

it("is how every route responds: none goes around it", async () => {
  const files = await projectFiles("functions/**/*.ts", "packages/edge/src/**/*.ts");
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter(({ text }) => /\bc\.json\(/.test(text)).map(({ path }) => path)).toEqual([]);
});
