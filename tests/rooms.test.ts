// Who may import whom: the rules of .dependency-cruiser.cjs hold, and each refuses what it should.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { PROJECT } from "./support/project-files.ts";

const ROOMS = ["packages", "functions", "migrations", "infra"];

describe("the rooms", () => {
  it("import only what they may", async () => {
    expect(await brokenRooms(PROJECT)).toEqual([]);
  });

  it("are refused each kind of import that they may not have", async () => {
    const house = await mkdtemp(join(tmpdir(), "pantheon-rooms-"));
    try {
      await cp(join(PROJECT, "tsconfig.json"), join(house, "tsconfig.json"));
      for (const [file, imported] of FORBIDDEN_IMPORTS) {
        for (const path of [file, imported]) await mkdir(join(house, dirname(path)), { recursive: true });
        await writeFile(join(house, imported), "export const there = 1;\n");
      }
      for (const [file, imported] of FORBIDDEN_IMPORTS) {
        const depth = "../".repeat(file.split("/").length - 1);
        await writeFile(join(house, file), `export { there } from "${depth}${imported}";\n`);
      }
      const broken = await brokenRooms(house);
      expect(broken.map(({ from }) => from).toSorted()).toEqual(FORBIDDEN_IMPORTS.map(([file]) => file).toSorted());
    } finally {
      await rm(house, { recursive: true, force: true });
    }
  });
});

/** A file of a house that is built wrong on purpose, and what it must not import. */
const FORBIDDEN_IMPORTS: readonly (readonly [file: string, imported: string])[] = [
  ["packages/core/src/leaf.ts", "packages/core/src/db/x.ts"],
  ["packages/core/src/db/y.ts", "packages/core/src/ledger/x.ts"],
  ["packages/core/src/ledger/y.ts", "packages/core/src/models/x.ts"],
  ["packages/core/src/turns/y.ts", "packages/core/src/payments/x.ts"],
  ["packages/core/src/payments/y.ts", "packages/core/src/turns/x.ts"],
  ["packages/edge/src/y.ts", "packages/core/src/db/x.ts"],
  ["packages/contract/src/y.ts", "packages/core/src/log.ts"],
  ["packages/contract/src/z.ts", "node_modules/hono/x.ts"],
  ["packages/client/src/y.ts", "packages/core/src/log.ts"],
  ["packages/client/src/z.ts", "packages/edge/src/x.ts"],
  ["packages/core/src/turns/z.ts", "packages/client/src/x.ts"],
  ["packages/edge/src/z.ts", "packages/client/src/x.ts"],
  ["functions/users/z.ts", "packages/client/src/x.ts"],
  ["packages/core/src/audit/y.ts", "packages/core/src/ledger/x.ts"],
  ["packages/core/src/accounts/y.ts", "packages/core/src/payments/x.ts"],
  ["packages/ops/src/y.ts", "packages/local/src/x.ts"],
  ["packages/stand-ins/src/y.ts", "packages/core/src/db/x.ts"],
  ["packages/core/src/models/y.ts", "packages/core/src/metering/x.ts"],
  ["functions/users/y.ts", "functions/turns/x.ts"],
  ["functions/turns/z.ts", "packages/core/src/ledger/statements/x.ts"],
  ["packages/core/src/reports/y.ts", "packages/local/src/x.ts"],
  ["migrations/y.ts", "packages/contract/src/time.ts"],
  ["infra/y.ts", "packages/core/src/db/x.ts"],
  ["functions/admin/y.ts", "infra/x.ts"],
];

const Cruise = v.object({
  summary: v.object({ violations: v.array(v.object({ from: v.string(), to: v.string(), rule: v.object({ name: v.string() }) })) }),
});

/** Every import in the house at `root` that the project's rules forbid. */
async function brokenRooms(root: string) {
  const tool = fileURLToPath(import.meta.resolve("dependency-cruiser")).replace(/src\/main\/.*$/, "bin/dependency-cruise.mjs");
  const options = ["--config", join(PROJECT, ".dependency-cruiser.cjs"), "--output-type", "json", ...ROOMS];
  const { stdout } = await promisify(execFile)(process.execPath, [tool, ...options], {
    cwd: root,
    timeout: 50_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const { violations } = v.parse(Cruise, JSON.parse(stdout)).summary;
  return violations
    .map(({ from, to, rule }) => ({ from, to, rule: rule.name }))
    .filter(({ from }, index, all) => all.findIndex((other) => other.from === from) === index);
}
