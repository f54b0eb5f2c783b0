// A function's bundle as SST makes it: the same esbuild options, so that what is measured and run here is what a deploy uploads.
// They are those of SST 4.17.1's builder for `runtime: "nodejs24.x"`, `nodejs: { minify: true, splitting: true }`; SST itself
// brings esbuild 0.27.2 in its own binary.

import { basename, join, relative, resolve } from "node:path";
import { build, type Metafile, type BuildOptions } from "esbuild";
import { PROJECT } from "./project-files.ts";

/** A set of files of a bundle, with what went into them. */
export type BundlePart = {
  /** Names in the bundle's folder. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Source files, as paths from the project's folder. */
  readonly inputs: readonly string[];
  /** Names of the npm packages among the inputs. */
  readonly packages: readonly string[];
  /** What each package and our own code have in it, in bytes, the largest first. */
  readonly sizes: readonly (readonly [owner: string, bytes: number])[];
};

export type Bundle = {
  /** The folder that is uploaded: LAMBDA_TASK_ROOT. */
  readonly folder: string;
  /** The handler inside it, as Lambda wants to be told it: `bundle.handler`. */
  readonly handler: string;
  /** The entry file. */
  readonly entry: string;
  /** Every JavaScript file, by name. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** The entry and what it imports statically: what every cold start reads. */
  readonly coldStart: BundlePart;
  /** The rest: read when a request first wants it. */
  readonly lazy: BundlePart;
  /** What went into these files of it. */
  part(names: readonly string[]): BundlePart;
  readonly metafile: Metafile;
};

/**
 * Bundles `functions/turns/handler.handler` (file without its extension, dot, export: as SST is told it) into an empty folder. `banner` is
 * the function's own, which stands after SST's.
 */
export async function bundleFunction(handler: string, outDir: string, banner = ""): Promise<Bundle> {
  const name = basename(handler);
  const exported = name.slice(name.lastIndexOf("."));
  const file = resolve(PROJECT, `${handler.slice(0, -exported.length)}.ts`);
  const options = { ...SST_OPTIONS, banner: { js: `${SST_OPTIONS.banner.js}${banner}` } };
  const { metafile } = await build({ ...options, absWorkingDir: PROJECT, entryPoints: [file], outdir: outDir, metafile: true });
  const outputs = outputsOf(metafile, outDir);
  const cold = staticClosure(outputs, ENTRY);
  return {
    folder: outDir,
    handler: `bundle${exported}`,
    entry: join(outDir, ENTRY),
    files: [...outputs].map(([output, { bytes }]) => ({ name: output, bytes })),
    coldStart: partOf(outputs, cold),
    lazy: partOf(outputs, new Set([...outputs.keys()].filter((output) => !cold.has(output)))),
    part: (names) => partOf(outputs, new Set(names)),
    metafile,
  };
}

const ENTRY = "bundle.mjs";

const SST_OPTIONS = {
  platform: "node",
  format: "esm",
  target: "es2024",
  bundle: true,
  splitting: true,
  write: true,
  keepNames: true,
  minify: true,
  sourcemap: "linked", // kept beside the code that is uploaded
  mainFields: ["module", "main"],
  external: ["sharp", "pg-native"],
  entryNames: "bundle",
  outExtension: { ".js": ".mjs" },
  logLevel: "error",
  banner: {
    js: [
      `import { createRequire as topLevelCreateRequire } from 'module';`,
      `const require = topLevelCreateRequire(import.meta.url);`,
      `import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"`,
      `const __filename = topLevelFileUrlToPath(import.meta.url)`,
      `const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))`,
      "",
    ].join("\n"),
  },
} as const satisfies BuildOptions;

type Output = Metafile["outputs"][string];

/** The JavaScript files by their names in the folder, the entry first. */
function outputsOf({ outputs }: Metafile, outDir: string): Map<string, Output> {
  const named = Object.entries(outputs).map(([path, output]) => [nameIn(outDir, path), output] as const);
  const scripts = named.filter(([name]) => name.endsWith(".mjs"));
  return new Map(scripts.toSorted(([a], [b]) => Number(b === ENTRY) - Number(a === ENTRY) || a.localeCompare(b)));
}

function nameIn(outDir: string, path: string): string {
  return relative(outDir, join(PROJECT, path));
}

/** What is read before the entry can run: imports and requires, but not what is imported when it is wanted. */
function staticClosure(outputs: ReadonlyMap<string, Output>, entry: string): Set<string> {
  const names = new Map([...outputs].map(([name, output]) => [output, name]));
  const byPath = (path: string) => [...names].find(([, name]) => path.endsWith(`/${name}`) || path === name)?.[1];
  const found = new Set([entry]);
  for (const name of found) {
    for (const { path, kind, external } of outputs.get(name)?.imports ?? []) {
      const imported = kind === "dynamic-import" || external === true ? undefined : byPath(path);
      if (imported !== undefined) found.add(imported);
    }
  }
  return found;
}

function partOf(outputs: ReadonlyMap<string, Output>, names: ReadonlySet<string>): BundlePart {
  const files = [...names];
  const parts = files.flatMap((name) => outputs.get(name) ?? []);
  const sizes = new Map<string, number>();
  for (const [input, { bytesInOutput }] of parts.flatMap((part) => Object.entries(part.inputs))) {
    const owner = ownerOf(input);
    sizes.set(owner, (sizes.get(owner) ?? 0) + bytesInOutput);
  }
  return {
    files,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    inputs: [...new Set(parts.flatMap((part) => Object.keys(part.inputs)))].toSorted(),
    packages: [...sizes.keys()].filter((owner) => owner !== OUR_OWN).toSorted(),
    sizes: [...sizes].toSorted(([, a], [, b]) => b - a),
  };
}

const OUR_OWN = "our own";

function ownerOf(input: string): string {
  return /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? OUR_OWN;
}
