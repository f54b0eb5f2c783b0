// Who may import whom: the rules of .dependency-cruiser.cjs hold, each refuses what it should, and the plan permits nothing for nobody.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { PROJECT } from "./support/project-files.ts";

const CRUISED = ["packages", "functions", "migrations", "infra"];

const { PACKAGES, ROOMS } = v.parse(
  v.object({
    PACKAGES: v.record(v.string(), v.array(v.string())),
    ROOMS: v.record(
      v.string(),
      v.object({
        imports: v.array(v.string()),
        faces: v.array(v.string()),
        doors: v.optional(v.record(v.string(), v.array(v.string())), {}),
      }),
    ),
  }),
  createRequire(import.meta.url)("../.rooms.cjs"),
);

describe("the rooms", () => {
  it("import only what they may", async () => {
    const { broken } = await cruise(PROJECT);
    expect(broken).toEqual([]);
  }, 60_000);

  it("are permitted no arrow, and have no face, that nobody uses", async () => {
    const { imports } = await cruise(PROJECT);
    const isUsed = ({ from, to, outside }: Permitted) =>
      imports.some((one) => one.from.startsWith(from) && one.to.startsWith(to) && !(outside && one.from.startsWith(outside)));
    const unused = permitted()
      .filter((one) => !isUsed(one))
      .map(({ said }) => said);
    expect(unused).toEqual([]);
  }, 60_000);

  it("are refused each kind of import that they may not have, by the rule that is meant", async () => {
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
      const { broken } = await cruise(house);
      for (const [file, , rule] of FORBIDDEN_IMPORTS) {
        expect({ file, rules: broken.filter(({ from }) => from === file).map((one) => one.rule) }).toEqual({
          file,
          rules: expect.arrayContaining([expect.stringMatching(new RegExp(`^${rule}`))]),
        });
      }
      expect(broken.map(({ from }) => from).filter((from) => !FORBIDDEN_IMPORTS.some(([file]) => file === from))).toEqual([]);
    } finally {
      await rm(house, { recursive: true, force: true });
    }
  }, 60_000);
});

type Permitted = { readonly said: string; readonly from: string; readonly to: string; readonly outside?: string };

/** All that the plan permits: each arrow, each face (which somebody outside the room must enter) and each door. */
function permitted(): Permitted[] {
  const packages = Object.entries(PACKAGES).flatMap(([from, all]) =>
    all.map((to) => ({ said: `${from} → ${to}`, from: placed(from), to: placed(to) })),
  );
  const rooms = Object.entries(ROOMS).flatMap(([from, { imports }]) =>
    imports.map((to) => ({ said: `${from} → ${to}`, from: room(from), to: room(to) })),
  );
  const faces = Object.entries(ROOMS).flatMap(([name, all]) =>
    all.faces.map((face) => ({ said: `${name}/${face}`, from: "", to: `${room(name)}${face}.ts`, outside: room(name) })),
  );
  const doors = Object.entries(ROOMS).flatMap(([name, all]) =>
    Object.entries(all.doors).flatMap(([by, more]) =>
      more.map((face) => ({ said: `${by} → ${name}/${face}`, from: room(by), to: `${room(name)}${face}.ts` })),
    ),
  );
  return packages.concat(rooms, faces, doors);
}

/** Where the files of a package, or of a place in the core, begin. */
function placed(place: string): string {
  if (place === "functions") return "functions/";
  return place.includes("/") ? `packages/${place.replace("/", "/src/")}` : `packages/${place}/`;
}

const room = (name: string) => `packages/core/src/${name}/`;

/** A file of a house that is built wrong on purpose, what it must not import, and the rule that forbids it (its beginning). */
const FORBIDDEN_IMPORTS: readonly (readonly [file: string, imported: string, rule: string])[] = [
  ["packages/core/src/leaf.ts", "packages/core/src/db/database.ts", "core-leaves-import-nothing-of-ours"],
  ["packages/core/src/db/y.ts", "packages/core/src/ledger/wallet.ts", "db-imports-only-"],
  ["packages/core/src/ledger/y.ts", "packages/core/src/models/models.ts", "ledger-imports-only-"],
  ["packages/core/src/turns/y.ts", "packages/core/src/payments/list.ts", "turns-imports-only-"],
  ["packages/core/src/payments/y.ts", "packages/core/src/turns/run.ts", "payments-imports-only-"],
  ["packages/edge/src/y.ts", "packages/core/src/db/database.ts", "edge-imports-only-"],
  ["packages/contract/src/y.ts", "packages/core/src/log.ts", "contract-imports-only-"],
  ["packages/contract/src/z.ts", "node_modules/hono/x.ts", "contract-is-made-of-valibot-big-and-uuid"],
  ["packages/client/src/y.ts", "packages/core/src/log.ts", "client-imports-only-"],
  ["packages/client/src/z.ts", "packages/edge/src/x.ts", "client-imports-only-"],
  ["packages/core/src/turns/z.ts", "packages/client/src/x.ts", "turns-imports-only-"],
  ["packages/edge/src/z.ts", "packages/client/src/x.ts", "edge-imports-only-"],
  ["functions/users/z.ts", "packages/client/src/x.ts", "functions-imports-only-"],
  ["packages/core/src/audit/y.ts", "packages/core/src/ledger/wallet.ts", "audit-imports-only-"],
  ["packages/core/src/accounts/y.ts", "packages/core/src/payments/list.ts", "accounts-imports-only-"],
  ["packages/ops/src/y.ts", "packages/local/src/x.ts", "ops-imports-only-"],
  ["packages/stand-ins/src/y.ts", "packages/core/src/db/database.ts", "stand-ins-imports-only-"],
  ["packages/core/src/models/y.ts", "packages/core/src/metering/usage.ts", "models-imports-only-"],
  ["functions/users/y.ts", "functions/turns/x.ts", "functions-load-only-themselves"],
  ["functions/turns/z.ts", "packages/core/src/ledger/statements/x.ts", "functions-do-no-sql"],
  ["packages/core/src/reports/y.ts", "packages/local/src/x.ts", "reports-imports-only-"],
  ["migrations/y.ts", "packages/contract/src/time.ts", "migrations-stand-alone"],
  ["infra/y.ts", "packages/core/src/db/database.ts", "infra-imports-only-config-log-and-the-manifest"],
  ["functions/admin/y.ts", "infra/x.ts", "nothing-imports-infra"],
  ["packages/core/src/payments/z.ts", "packages/core/src/ledger/hidden.ts", "ledger-is-entered-by-its-faces-"],
  ["packages/core/src/payments/w.ts", "packages/core/src/ledger/statements/open-turn.ts", "ledger-is-entered-by-its-faces-"],
  ["packages/core/src/accounts/z.ts", "packages/core/src/ledger/statements/gate.ts", "ledger-is-entered-by-its-faces-"],
  ["functions/turns/w.ts", "packages/core/src/turns/hidden.ts", "turns-is-entered-by-its-faces-"],
  ["packages/ops/src/z.ts", "packages/core/src/db/hidden.ts", "db-is-entered-by-its-faces-"],
  ["packages/edge/src/w.ts", "packages/core/src/accounts/people.ts", "edge-imports-only-"],
  ["packages/core/src/reports/z.ts", "packages/core/src/config/config.ts", "reports-imports-only-"],
];

const Cruise = v.object({
  modules: v.array(v.object({ source: v.string(), dependencies: v.array(v.object({ resolved: v.string() })) })),
  summary: v.object({ violations: v.array(v.object({ from: v.string(), to: v.string(), rule: v.object({ name: v.string() }) })) }),
});

/** Every import in the house at `root`, and those that the project's rules forbid. */
async function cruise(root: string) {
  const tool = fileURLToPath(import.meta.resolve("dependency-cruiser")).replace(/src\/main\/.*$/, "bin/dependency-cruise.mjs");
  const options = ["--config", join(PROJECT, ".dependency-cruiser.cjs"), "--output-type", "json", ...CRUISED];
  const { stdout } = await promisify(execFile)(process.execPath, [tool, ...options], {
    cwd: root,
    timeout: 50_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const { modules, summary } = v.parse(Cruise, JSON.parse(stdout));
  return {
    imports: modules.flatMap(({ source, dependencies }) => dependencies.map(({ resolved }) => ({ from: source, to: resolved }))),
    broken: summary.violations.map(({ from, to, rule }) => ({ from, to, rule: rule.name })),
  };
}
