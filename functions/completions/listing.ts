// GET /v1/models, /v1/key, /v1/credits and /v1/generation: what programs made for OpenAI's API or OpenRouter's ask beside answers.

import type { Hono } from "hono";
import * as v from "valibot";
import { DoorCredits, DoorGeneration, DoorKey, DoorModel, DoorModelList, GenerationQuery } from "@pantheon/contract/door.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { params, query } from "@pantheon/edge/input/validate.ts";
import type { CompletionsDeps } from "./deps.ts";
import { describeDoor } from "./describe-door.ts";

const ModelPath = v.strictObject({ id: v.string() });

/** Mounts the routes. They want somebody who is signed in, or a key. */
export function listingRoutes(app: Hono<AppEnv>, deps: CompletionsDeps): void {
  modelRoutes(app, deps);
  const { db, config } = deps;
  app.get("/v1/key", describeDoor({ id: "readDoorKey", summary: "What the caller came with", responds: DoorKey }), async (c) => {
    const { readDoorKey } = await import("@pantheon/core/turns/door-key.ts"); // seldom asked
    return c.var.respond(await readDoorKey(deps, c.var.caller));
  });
  app.get("/v1/credits", describeDoor({ id: "readDoorCredits", summary: "What is left to spend", responds: DoorCredits }), async (c) => {
    const { readDoorCredits } = await spent();
    return c.var.respond(await readDoorCredits(db, c.var.caller, config.usdPerCredit));
  });
  app.get(
    "/v1/generation",
    describeDoor({
      id: "readGeneration",
      summary: "What one call used and cost",
      responds: DoorGeneration,
      refusals: { 400: "No id, or something else", 404: "No such call of yours" },
    }),
    query(GenerationQuery),
    async (c) => {
      const { readGeneration } = await spent();
      return c.var.respond(await readGeneration(db, c.var.caller, c.req.valid("query").id, config.usdPerCredit));
    },
  );
}

function modelRoutes(app: Hono<AppEnv>, deps: CompletionsDeps): void {
  app.get(
    "/v1/models",
    describeDoor({ id: "listDoorModels", summary: "The models that can be asked", responds: DoorModelList }),
    async (c) => {
      const { listedModels } = await listed();
      return c.var.respond({ object: "list", data: await listedModels(deps) });
    },
  );
  app.get(
    "/v1/models/:id{.+}",
    describeDoor({ id: "readDoorModel", summary: "One model", responds: DoorModel, refusals: { 404: "No such model" } }),
    params(ModelPath),
    async (c) => {
      const { listedModel } = await listed();
      return c.var.respond(await listedModel(deps, c.req.valid("param").id));
    },
  );
}

/** Read by the first who asks, and not by a cold start. */
const listed = () => import("@pantheon/core/turns/listed.ts");
const spent = () => import("@pantheon/core/turns/spent.ts");
