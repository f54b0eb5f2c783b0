// The functions of a world as Lambdas: bundled as a deploy does, each in processes of its own under Lambda's runtime client, and pointed
// at the world's database, provider, issuer and Stripe.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { LOCAL_STRIPE_KEY } from "@pantheon/ops/place.ts";
import { bundleFunction, type Bundle } from "./lambda-bundle.ts";
import { lambdaContainer, type InvokeOptions, type LambdaContainer } from "./lambda-container.ts";
import { answerOf, apiEvent, bodyOf, urlEvent, type LambdaAnswer } from "./lambda-event.ts";
import type { CallOptions, TestWorld } from "./world.ts";

/** Where each Lambda's handler is, as the infrastructure names it. */
export const HANDLERS = {
  turns: "functions/turns/handler.handler",
  "turns-stream": "functions/turns/stream.handler",
  files: "functions/files/handler.handler",
  "file-parse": "functions/file-parse/handler.handler",
  users: "functions/users/handler.handler",
  admin: "functions/admin/handler.handler",
  "admin-stream": "functions/admin/stream.handler",
  holds: "functions/holds/handler.handler",
  completions: "functions/completions/stream.handler",
  "stripe-webhook": "functions/stripe-webhook/handler.handler",
  maintenance: "functions/maintenance/handler.handler",
} as const;

export type LambdaName = keyof typeof HANDLERS;
export const ADMIN = "root";
export const WEBHOOK_SECRET = "whsec_local";
export const COMMIT = "c0ffee";

export type LambdaCall = CallOptions & InvokeOptions & { base64?: boolean; cookies?: string[]; search?: string; front?: "api" | "url" };
export type Lambda = LambdaContainer & {
  /** One request as its front delivers it, from this user. */
  call(method: string, path: string, options?: LambdaCall): Promise<LambdaAnswer>;
};

export type LambdaStage = {
  /** What every function of the stage is given. */
  readonly environment: Readonly<Record<string, string>>;
  /** A container of this function; `environment` adds to the stage's, and an empty text takes away. */
  lambda(name: LambdaName, environment?: Record<string, string>): Promise<Lambda>;
  bundle(name: LambdaName): Promise<Bundle>;
  /** Ends every container and removes the bundles. */
  end(): Promise<void>;
};

type Settings = { environment?: Record<string, string>; preloads?: readonly string[] };

/** Bundles nothing before it is asked for. */
export async function lambdaStage(world: TestWorld, { environment = {}, preloads = [] }: Settings = {}): Promise<LambdaStage> {
  const folder = await mkdtemp(join(tmpdir(), "pantheon-lambda-"));
  const loaded = await preloadsIn(folder, ["lambda-native-client", ...preloads]);
  const bundles = new Map<LambdaName, Promise<Bundle>>();
  const containers: LambdaContainer[] = [];
  const ofStage = { ...environmentOf(world), ...environment };
  const bundle = (name: LambdaName): Promise<Bundle> => {
    const made = bundles.get(name) ?? bundleFunction(HANDLERS[name], join(folder, name));
    bundles.set(name, made);
    return made;
  };
  return {
    environment: ofStage,
    bundle,
    lambda: async (name, more = {}) => {
      const container = await lambdaContainer(await bundle(name), { environment: { ...ofStage, ...more }, preloads: loaded });
      containers.push(container);
      return { ...container, call: (method, path, options) => call(world, container, method, path, options) };
    },
    end: async () => {
      await Promise.all(containers.map((container) => container.end()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function environmentOf({ config, databaseUrl, provider, stripe, storage }: TestWorld): Record<string, string> {
  return {
    STAGE: "test",
    COMMIT_SHA: COMMIT,
    DATABASE_URL: databaseUrl,
    AUTH_ISSUER: config.auth.issuer,
    ADMIN_USER_IDS: ADMIN,
    OPENROUTER_BASE_URL: provider.url,
    OPENROUTER_API_KEY: "stand-in",
    STRIPE_API_URL: stripe.url,
    FILE_BUCKET: config.files.bucket ?? "",
    FILE_STORAGE_URL: storage.url,
    STRIPE_SECRET_KEY: LOCAL_STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  };
}

/** Scripts that a process loads first, as JavaScript: what reading TypeScript takes is no part of a function's start. */
export async function preloadsIn(folder: string, names: readonly string[]): Promise<string[]> {
  const entryPoints = names.map((name) => fileURLToPath(new URL(`${name}.ts`, import.meta.url)));
  await build({ entryPoints, outdir: folder, outExtension: { ".js": ".mjs" }, format: "esm", platform: "node", logLevel: "error" });
  return names.map((name) => join(folder, `${name}.mjs`));
}

async function call(
  world: TestWorld,
  container: LambdaContainer,
  method: string,
  path: string,
  options: LambdaCall = {},
): Promise<LambdaAnswer> {
  const { user = "ada", body, key, headers, raw, base64 = false, cookies, search, front = "api", ...invoking } = options;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const asked = {
    method,
    path,
    ...(search !== undefined && { search }),
    headers: {
      ...(user !== null && { authorization: `Bearer ${await world.issuer.token({ user })}` }),
      ...(payload !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { "idempotency-key": key }),
      ...headers,
    },
    more: { ...(payload !== undefined && bodyOf(payload, base64)), ...(cookies && { cookies }) },
  };
  return answerOf(await container.invoke(front === "api" ? apiEvent(asked) : urlEvent(asked), invoking));
}
