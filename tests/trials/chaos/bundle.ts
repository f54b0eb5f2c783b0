// The worker's script as one bundle, as the functions are deployed: a worker that dies is then replaced in a tenth of a second.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SCRIPT = fileURLToPath(new URL("./worker-process.ts", import.meta.url));
/** CommonJS packages inside the bundle ask for Node's own modules by `require`. */
const REQUIRE = 'import { createRequire as requireFor } from "node:module"; const require = requireFor(import.meta.url);';

/** Writes the bundle into `folder`; answers the script to run. */
export async function bundleWorker(folder: string): Promise<string> {
  await build({
    entryPoints: [SCRIPT],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["pg-native"],
    banner: { js: REQUIRE },
    logLevel: "error",
  });
  return join(folder, "worker-process.mjs");
}
