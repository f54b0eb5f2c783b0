// A stage of sst.config.ts as resources, without an account: the config is bundled the way the CLI does it, runs in a process of its own on
// Pulumi's mocks, and finds the CLI's two services on a local port. Functions are really bundled.

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { PROJECT } from "../../support/project-files.ts";
import type { Build, CliServices } from "./cli-services.ts";
import { buildSite } from "./expected-site.ts";

/** A resource as the program registers it. */
export type Registered = {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
};

export type Evaluated = {
  /** What `app` says: names, protection, providers. */
  readonly app: AppSettings;
  readonly resources: readonly Registered[];
  /** What the program had built. */
  readonly builds: readonly Build[];
};

export type AppSettings = {
  readonly name: string;
  readonly version: string;
  readonly home: string;
  readonly protect: boolean;
  readonly removal: string;
  readonly providers: Readonly<Record<string, { readonly version: string }>>;
};

export type Evaluation = {
  readonly stage: string;
  /** What the deploy finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Changes to source files, made while they are read: the deliberate faults that checks must find. */
  readonly edits?: readonly Edit[];
  /** As `sst dev` runs it, instead of `sst deploy`. */
  readonly dev?: boolean;
};

/** `from` must stand in the file exactly once. */
export type Edit = { readonly file: string; readonly from: string; readonly to: string };

const PLATFORM = join(PROJECT, ".sst/platform");

/** Runs the program of a stage. Rejects with what it wrote when it fails. */
export async function evaluateStage(
  { stage, environment, edits = [], dev = false }: Evaluation,
  services: CliServices,
): Promise<Evaluated> {
  const work = await mkdtemp(join(tmpdir(), "pantheon-stage-"));
  const { url, builds } = services.open();
  try {
    await mkdir(join(work, "platform"));
    await symlink(join(PLATFORM, "node_modules"), join(work, "node_modules"));
    const app = await appSettings(stage, work, edits);
    const bundle = join(work, "program.mjs");
    const site = join(work, "site");
    await buildSite(site);
    await bundleProgram({ app: { ...app, stage }, work, bundle, edits, dev });
    return { app, resources: await runProgram(bundle, stage, { SITE_BUILD: site, ...environment, SST_SERVER: url }), builds };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The CLI first asks the config what the application is, then bundles it again with the answer inside. */
async function appSettings(stage: string, work: string, edits: readonly Edit[]): Promise<AppSettings> {
  const outfile = join(work, "app.mjs");
  await build({
    stdin: { contents: `import config from "./sst.config.ts"; export const app = config.app;`, resolveDir: PROJECT, loader: "ts" },
    ...COMMON,
    external: [...COMMON.external, "./infra/*"],
    banner: { js: "globalThis.$config = (config) => config;" },
    plugins: [sources("", edits)],
    outfile,
  });
  const { app } = (await import(/* @vite-ignore */ outfile)) as { app: (input: { stage: string }) => AppSettings };
  return app({ stage });
}

type Program = { app: object; work: string; bundle: string; edits: readonly Edit[]; dev: boolean };

async function bundleProgram({ app, work, bundle, edits, dev }: Program): Promise<void> {
  const paths = { home: work, root: PROJECT, work, platform: PLATFORM };
  const cli = { command: dev ? "dev" : "deploy", dev, paths, state: { version: {} } };
  await build({
    stdin: {
      contents: `
        import { run } from ${JSON.stringify(join(PLATFORM, "src/auto/run.ts"))};
        import config from "./sst.config.ts";
        export default await run(config.run);`,
      resolveDir: PROJECT,
      loader: "ts",
    },
    ...COMMON,
    nodePaths: [join(PLATFORM, "node_modules")],
    define: { $app: JSON.stringify(app), $cli: JSON.stringify(cli), $dev: String(dev) },
    inject: [join(PLATFORM, "src/shim/run.js")],
    banner: { js: BANNER },
    plugins: [sources(GLOBALS, edits)],
    outfile: bundle,
  });
}

const COMMON = {
  absWorkingDir: PROJECT,
  bundle: true,
  format: "esm" as const,
  platform: "node" as const,
  mainFields: ["module", "main"],
  external: ["@pulumi/*", "@pulumiverse/*", "@sst-provider/*", "@aws-sdk/*", "undici", "esbuild", "archiver", "glob", "vite"],
  logLevel: "silent" as const,
} satisfies BuildOptions;

const BANNER = `
import { createRequire as topLevelCreateRequire } from "module";
const require = topLevelCreateRequire(import.meta.url);
import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url";
const __filename = topLevelFileUrlToPath(import.meta.url);
const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));`;

/** The CLI puts the providers and the components before every file that is not the platform's. */
const GLOBALS = `import * as aws from "@pulumi/aws"; import * as sst from ${JSON.stringify(join(PLATFORM, "src/components"))};`;

function sources(imports: string, edits: readonly Edit[]): Plugin {
  return {
    name: "sources",
    setup: (building) => {
      building.onLoad({ filter: /\.(?:js|ts|jsx|tsx)$/ }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        if (path.includes(".sst")) return { contents: text, loader: "default" };
        const edited = edits.filter(({ file }) => path === join(PROJECT, file)).reduce(replaced, text);
        return { contents: `${imports}\n${edited}`, loader: "default" };
      });
    },
  };
}

function replaced(text: string, { file, from, to }: Edit): string {
  if (text.split(from).length !== 2) throw new Error(`${file} has not exactly one ${from}`);
  return text.replace(from, () => to);
}

async function runProgram(bundle: string, stage: string, environment: Readonly<Record<string, string>>): Promise<Registered[]> {
  const script = fileURLToPath(new URL("./stage-program.ts", import.meta.url));
  const child = fork(script, [bundle, PLATFORM, stage], {
    // Nothing of this process's environment: what the deploy finds is what it is given.
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => said.push(text));
  let resources: Registered[] | null = null;
  child.on("message", (message: Registered[]) => {
    resources = message;
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0 || resources === null) throw new Error(`${basename(script)} for ${stage} ended with ${code}:\n${said.join("")}`);
  return resources;
}
