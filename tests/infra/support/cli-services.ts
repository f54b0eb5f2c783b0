// The two services that the CLI offers to a running program: where the account keeps its artifacts, and the building of a function. The
// first answers with a stand-in's names; the second bundles for real, each handler once.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { bundleFunction } from "../../support/lambda-bundle.ts";

export type CliServices = {
  /** An address for one program, and what that program has built. */
  open(): { readonly url: string; readonly builds: readonly Build[] };
  end(): Promise<void>;
};

export type Build = {
  readonly functionID: string;
  readonly handler: string;
  readonly runtime: string;
  readonly properties: unknown;
  readonly links: unknown;
  /** Whether the bundle, with all its parts, starts a streaming handler. */
  readonly streams: boolean;
  /** The commit that the bundle's entry says it was built from. */
  readonly commit: string | null;
};

export async function startCliServices(): Promise<CliServices> {
  const folder = await mkdtemp(join(tmpdir(), "pantheon-bundles-"));
  const programs: Build[][] = [];
  const bundles = new Map<string, Promise<Bundled>>();
  const services: Services = {
    "Provider.Aws.Bootstrap": async () => BOOTSTRAP,
    "Runtime.Build": async (args, builds) => {
      const call = v.parse(BuildCall, args);
      const { banner = "" } = v.parse(Properties, call.properties);
      const key = `${call.handler} ${banner}`;
      const bundle = bundles.get(key) ?? bundled(call.handler, join(folder, String(bundles.size)), banner);
      bundles.set(key, bundle);
      const { streams, commit, ...built } = await bundle;
      builds.push({ ...call, streams, commit });
      return { ...built, errors: [] };
    },
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const builds = programs[Number(request.url?.split("/")[1])];
    const body = await text(request);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(builds === undefined ? { error: "no such program" } : await answer(services, body, builds)));
  };
  const server = createServer((request, response) => void serve(request, response));
  server.keepAliveTimeout = 0; // a program that computes for long must find its connection open
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    open: () => {
      const builds: Build[] = [];
      const { port } = server.address() as AddressInfo;
      return { url: `http://127.0.0.1:${port}/${programs.push(builds) - 1}`, builds };
    },
    end: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Services = Readonly<Record<string, (args: unknown, builds: Build[]) => Promise<unknown>>>;
type Bundled = { out: string; handler: string; sourcemaps: string[]; streams: boolean; commit: string | null };

async function bundled(handler: string, outDir: string, banner: string): Promise<Bundled> {
  const bundle = await bundleFunction(handler, outDir, banner);
  const texts = await Promise.all(bundle.files.map(({ name }) => readFile(join(outDir, name), "utf8")));
  const maps = (await readdir(outDir)).filter((name) => name.endsWith(".map")).map((name) => join(outDir, name));
  const streams = texts.some((source) => source.includes(".streamifyResponse("));
  const commit = /^process\.env\.COMMIT_SHA = "(.+?)";$/m.exec(texts[0] ?? "")?.[1] ?? null;
  return { out: bundle.folder, handler: bundle.handler, sourcemaps: maps, streams, commit };
}

const Call = v.object({ method: v.string(), params: v.tuple([v.unknown()]) });
const BuildCall = v.object({
  functionID: v.string(),
  handler: v.string(),
  runtime: v.string(),
  properties: v.unknown(),
  links: v.unknown(),
});

const Properties = v.looseObject({ banner: v.optional(v.string()) });

const BOOTSTRAP = {
  asset: "assets-of-the-account",
  assetEcrRegistryId: "",
  assetEcrUrl: "",
  state: "state-of-the-account",
  appsyncHttp: "",
  appsyncRealtime: "",
};

async function answer(services: Services, body: string, builds: Build[]) {
  try {
    const { method, params } = v.parse(Call, JSON.parse(body));
    const service = services[method];
    return service === undefined ? { error: `rpc: can't find method ${method}` } : { result: await service(params[0], builds) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
