// A small application under both adapters, for what no function of the product does by itself yet: cookies in both directions, bodies
// that are long, that break, that are empty. It is bundled and run like a function.

import { setCookie } from "hono/cookie";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { lambdaHandler } from "@pantheon/edge/lambda/buffered.ts";
import { streamHandler } from "@pantheon/edge/lambda/streaming.ts";
import { createLog } from "@pantheon/edge/lambda/cloudwatch-log.ts";
import { sourceOf } from "./lambda-body.ts";

const log = createLog("echo", "test", Date.now);

const app = createApp({
  name: "turns",
  config: {
    stage: "test",
    version: "0",
    commit: "c0ffee",
    corsAllowedOrigins: [],
    logAddress: { how: "short", key: null },
    buildToken: null,
  },
  log,
  clock: Date.now,
  ticks: () => performance.now(),
  health: () => Promise.reject(new Error("none")),
  routes: (routes) => {
    routes.get("/cookies", (c) => {
      setCookie(c, "a", "1", { path: "/" });
      setCookie(c, "b", "2; 3", { path: "/" });
      return c.json({ cookie: c.req.header("Cookie") ?? null });
    });
    routes.get("/hangs", () => {
      for (;;); // not even a timer of its own can answer in its place
    });
    routes.get("/nothing", (c) => c.body(null, 204));
    routes.get("/long/:mib", (c) => c.body(sourceOf(Number(c.req.param("mib")) * 16, (chunks) => log.info("produced", { chunks }))));
    routes.get("/breaks/:chunks", (c) => {
      const chunks = Number(c.req.param("chunks"));
      return c.body(sourceOf(chunks + 1, (made) => failAfter(chunks, made)));
    });
  },
});

/** Buffered. */
export const handler = lambdaHandler(app);
/** Streaming. */
export const stream = streamHandler(app, log);

function failAfter(chunks: number, made: number): void {
  if (made > chunks) throw new Error("canary: the source failed");
}
