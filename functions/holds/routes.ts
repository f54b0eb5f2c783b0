// The routes of holds: opened, settled, voided, kept for longer; and usage that is booked after the fact.

import type { Hono } from "hono";
import type * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import { Hold, HoldCreate, HoldExtend, HoldPath, HoldSettle, HoldSettled, UsageBook } from "@pantheon/contract/holds.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { body, noBody, noQuery, params } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { requestKey } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";
import type { HoldsDeps } from "./deps.ts";

const HOLDS = "/api/v1/holds";
const ownHold = params(HoldPath, "Hold not found.");

const OPEN_REFUSALS = {
  402: "Not enough credits, or a limit of credits: with its figures",
  403: "The account is suspended, or the key may not do this",
  404: "Nobody of that id to act for",
  409: "What was asked under this Idempotency-Key is not kept any more",
  429: "A limit of calls is used up",
};
const NO_HOLD = { 404: "No such hold of yours" };
const OVER = "It is over: its lease ended, or it was voided";

/** Read by the first request, and not by a cold start. */
const opening = () => Promise.all([import("@pantheon/core/turns/hold-open.ts"), import("@pantheon/core/turns/acting-for.ts")]);
const settling = () => import("@pantheon/core/turns/hold-settle.ts");
const ending = () => import("@pantheon/core/turns/hold-end.ts");

/** Mounts the routes. Every one of them wants somebody who is signed in, or a key. */
export function holdRoutes(app: Hono<AppEnv>, deps: HoldsDeps): void {
  openRoute(app, deps);
  app.post(
    `${HOLDS}/:hold_id/settle`,
    describe({
      id: "settleHold",
      summary: "Settle a hold by what was used: once, and answered the same for ever",
      tag: "holds",
      responds: [200, HoldSettled],
      refusals: { ...NO_HOLD, 409: `It was settled with other figures, or ${OVER.toLowerCase()}` },
    }),
    noQuery,
    ownHold,
    body(HoldSettle),
    async (c) => {
      const { settleHold } = await settling();
      return c.var.respond(await settleHold(deps, { ...settlingOf(c, c.req.valid("json")), hold: c.req.valid("param").hold_id }));
    },
  );
  app.delete(
    `${HOLDS}/:hold_id`,
    describe({
      id: "deleteHold",
      summary: "Void a hold: nothing is charged",
      tag: "holds",
      responds: [204],
      refusals: { ...NO_HOLD, 409: "It is settled" },
    }),
    noQuery,
    ownHold,
    noBody,
    async (c) => {
      const { voidHold } = await ending();
      await voidHold(deps, { caller: c.var.caller, hold: c.req.valid("param").hold_id });
      return c.body(null, 204);
    },
  );
  app.post(
    `${HOLDS}/:hold_id/extend`,
    describe({
      id: "extendHold",
      summary: "Keep a hold for longer, up to a day after its first end",
      tag: "holds",
      responds: [200, Hold],
      refusals: { ...NO_HOLD, 409: `It is settled, or ${OVER.toLowerCase()}` },
    }),
    noQuery,
    ownHold,
    body(HoldExtend),
    async (c) => {
      const { extendHold } = await ending();
      const { lease_seconds: leaseSeconds } = c.req.valid("json");
      return c.var.respond(await extendHold(deps, { caller: c.var.caller, hold: c.req.valid("param").hold_id, leaseSeconds }));
    },
  );
  bookRoute(app, deps);
}

function openRoute(app: Hono<AppEnv>, deps: HoldsDeps): void {
  app.post(
    HOLDS,
    describe({
      id: "createHold",
      summary: "Hold credits for a model call that you make yourself",
      tag: "holds",
      responds: [201, Hold],
      refusals: OPEN_REFUSALS,
    }),
    noQuery,
    idempotencyKey,
    body(HoldCreate),
    async (c) => {
      const [{ openHold }, { actingFor }] = await opening();
      const { input_tokens: inputTokens, max_output_tokens: maxOutputTokens, ...asked } = c.req.valid("json");
      const terms =
        asked.credits === undefined ? { inputTokens: inputTokens ?? 0, maxOutputTokens: maxOutputTokens ?? 1 } : { credits: asked.credits };
      const opened = await openHold(deps, {
        ...askingOf(c, asked),
        caller: actingFor(c.var.caller, asked.on_behalf_of),
        key: requestKey(c),
        terms,
        leaseSeconds: asked.lease_seconds,
      });
      if (opened.replayed) c.header("Idempotency-Replayed", "true");
      return c.var.respond(opened.view);
    },
  );
}

function bookRoute(app: Hono<AppEnv>, deps: HoldsDeps): void {
  app.post(
    "/api/v1/usage",
    describe({
      id: "bookUsage",
      summary: "Book usage after the fact, with a key that an admin has let do so",
      tag: "holds",
      responds: [201, HoldSettled],
      refusals: OPEN_REFUSALS,
    }),
    noQuery,
    idempotencyKey,
    body(UsageBook),
    async (c) => {
      const key = requestKey(c);
      const { caller } = c.var;
      if (caller.key?.booksUsage !== true) throw new DomainError("forbidden", BOOKS_NOT, { reason: "key_books" });
      if (key === null) throw new DomainError("invalid_request", "Send an Idempotency-Key: it is what is booked once.");
      const [[{ openBooking }, { actingFor }], { settleHold }] = await Promise.all([opening(), settling()]);
      const asked = c.req.valid("json");
      const settled = settlingOf(c, asked);
      const opened = await openBooking(deps, {
        ...askingOf(c, asked),
        caller: actingFor(caller, asked.on_behalf_of),
        key,
        used: settled.used,
      });
      if (opened.hold.status === "completed") c.header("Idempotency-Replayed", "true");
      return c.var.respond(await settleHold(deps, { ...settled, hold: opened.hold.id }));
    },
  );
}

const BOOKS_NOT = "Only an API key that an admin has let book usage after the fact may do so.";

function askingOf(c: Asked, { model_alias: alias, metadata }: Pick<v.InferOutput<typeof HoldCreate>, "model_alias" | "metadata">) {
  const { email, requestId, deadline } = c.var;
  return { alias, metadata, email, requestId, deadline };
}

function settlingOf(c: Asked, { usage, credits, provider_cost_usd: costUsd }: v.InferOutput<typeof HoldSettle>) {
  const tokens = { fresh: usage?.input_tokens_fresh ?? 0, cached: usage?.input_tokens_cached ?? 0, output: usage?.output_tokens ?? 0 };
  const used = credits === undefined ? tokens : { credits };
  return { caller: c.var.caller, used, costUsd, requestId: c.var.requestId };
}
