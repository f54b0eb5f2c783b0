// A route responds by the shape that it declares: anything else does not compile. (`npm run check:types` proves the first test: an
// expected error that does not come is an error.)

import { Hono } from "hono";
import * as v from "valibot";
import { expect, it } from "vitest";
import { Grant } from "@pantheon/contract/booking.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
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

it("is how every route responds: none goes around it", async () => {
  const files = await projectFiles("functions/**/*.ts", "packages/edge/src/**/*.ts");
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter(({ text }) => /\bc\.json\(/.test(text)).map(({ path }) => path)).toEqual([]);
});
