// The named shapes of the contract by their names, and reading by one of them with nothing left over. Readers of the product may meet
// members that they do not know; its tests may not.

import * as v from "valibot";
import { expect } from "vitest";
import * as account from "@pantheon/contract/account.ts";
import * as admin from "@pantheon/contract/admin.ts";
import * as booking from "@pantheon/contract/booking.ts";
import * as data from "@pantheon/contract/data.ts";
import * as files from "@pantheon/contract/files.ts";
import * as health from "@pantheon/contract/health.ts";
import * as histories from "@pantheon/contract/histories.ts";
import * as holds from "@pantheon/contract/holds.ts";
import * as keys from "@pantheon/contract/keys.ts";
import * as limits from "@pantheon/contract/limits.ts";
import * as models from "@pantheon/contract/models.ts";
import * as ownUsage from "@pantheon/contract/own-usage.ts";
import * as prices from "@pantheon/contract/prices.ts";
import * as problem from "@pantheon/contract/problem.ts";
import * as reports from "@pantheon/contract/reports.ts";
import * as stream from "@pantheon/contract/stream.ts";
import * as turnRead from "@pantheon/contract/turn-read.ts";
import * as turns from "@pantheon/contract/turns.ts";
import * as webhook from "@pantheon/contract/webhook.ts";

/** By the name under which each is a component of the OpenAPI document. */
export const SHAPES: ReadonlyMap<string, v.GenericSchema> = new Map(
  [
    account,
    admin,
    booking,
    data,
    files,
    health,
    histories,
    holds,
    keys,
    limits,
    models,
    ownUsage,
    prices,
    problem,
    reports,
    stream,
    turnRead,
    turns,
    webhook,
  ].flatMap((module) =>
    Object.values(module).flatMap((shape) => {
      const name = isSchema(shape) ? v.getMetadata(shape)["ref"] : undefined;
      return typeof name === "string" && isSchema(shape) ? [[name, shape] as const] : [];
    }),
  ),
);

/** What this shape reads of the value, which has no member that the shape does not name. */
export function exactly<Shape extends v.GenericSchema>(shape: Shape, value: unknown): v.InferOutput<Shape> {
  const read = v.parse(shape, value);
  expect(value).toEqual(read);
  return read;
}

function isSchema(value: unknown): value is v.GenericSchema {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";
}
