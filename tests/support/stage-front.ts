// A front of one's own before the functions of a world: the same applications, but one may be an older build, see another stage or answer
// otherwise. What a cloud's gateway would be in front of a deploy that went wrong.

import { serve, type Http2Bindings, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { once } from "node:events";
import type { Config } from "@pantheon/core/config/config.ts";
import { FUNCTION_NAMES, type FunctionName } from "@pantheon/functions/functions.ts";
import { adminApp } from "@pantheon/functions/admin/app.ts";
import { completionsApp } from "@pantheon/functions/completions/app.ts";
import { filesApp } from "@pantheon/functions/files/app.ts";
import { holdsApp } from "@pantheon/functions/holds/app.ts";
import { functionFor } from "@pantheon/functions/functions.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { turnsApp } from "@pantheon/functions/turns/app.ts";
import { usersApp } from "@pantheon/functions/users/app.ts";
import type { TestWorld } from "./world.ts";

/** Answers instead of the functions, or asks them itself by `next`; null breaks the connection without an answer. */
export type Intercept = (request: Request, next: Next) => Response | null | Promise<Response | null>;
export type Next = (request: Request) => Promise<Response>;

type FrontOptions = {
  /** What is different about some functions. */
  readonly functions?: Partial<Record<FunctionName, Partial<Pick<Config, "commit" | "stage">>>>;
  readonly intercept?: Intercept;
};

const APPS = {
  turns: turnsApp,
  files: filesApp,
  holds: holdsApp,
  users: usersApp,
  admin: adminApp,
  completions: completionsApp,
  "stripe-webhook": stripeWebhookApp,
} as const;
/** Listens on a free port of 127.0.0.1. */
async function stageFront(world: TestWorld, { functions = {}, intercept }: FrontOptions) {
  const apps = new Map(
    FUNCTION_NAMES.map((name) => [name, APPS[name]({ ...world.deps, config: { ...world.deps.config, ...functions[name] } })]),
  );
  const next = async (request: Request): Promise<Response> => {
    const app = apps.get(functionFor(new URL(request.url).pathname) ?? "users");
    return app ? app.fetch(request) : new Response(null, { status: 404 });
  };
  const answer = async (request: Request, { outgoing }: HttpBindings | Http2Bindings): Promise<Response> => {
    const answered = intercept ? await intercept(request, next) : await next(request);
    if (answered === null) outgoing.destroy();
    return answered ?? RESPONSE_ALREADY_SENT;
  };
  const server = serve({ fetch: answer, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

/** The front for as long as `work` takes. */
export async function withFront<Result>(world: TestWorld, options: FrontOptions, work: (url: string) => Promise<Result>): Promise<Result> {
  const front = await stageFront(world, options);
  try {
    return await work(front.url);
  } finally {
    await front.close();
  }
}
