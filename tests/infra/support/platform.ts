// Whether the platform is there that the infrastructure is checked with, and what to do when it is not.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { PROJECT } from "../../support/project-files.ts";

/** Null when it is there, else why it is not, as one line. */
export function platformMissing(): string | null {
  const platform = join(PROJECT, ".sst/platform");
  const wanted = v.parse(Manifest, JSON.parse(readFileSync(join(PROJECT, "node_modules/sst/package.json"), "utf8"))).version;
  const installed = existsSync(join(platform, "version")) ? readFileSync(join(platform, "version"), "utf8").trim() : null;
  if (installed === wanted && existsSync(join(platform, "node_modules/@pulumi/aws"))) return null;
  return `The infrastructure is not checked: SST's platform ${wanted} is not installed (bash infra/install.sh does it in a minute).`;
}

/** Continuous integration sets it: there a skip would hide that nothing was checked. */
export const PLATFORM_REQUIRED = process.env["PANTHEON_REQUIRE_INFRA"] === "1";

const Manifest = v.object({ version: v.string() });
