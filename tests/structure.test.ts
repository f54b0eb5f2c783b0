// The house stays as it was drawn (rooms.test.ts says who imports whom): how large a file may be, where the environment is read, what is pinned, and that
// every statement about a wallet's money begins at the wallet.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { EXPECTED_MIGRATION_HEAD } from "@pantheon/core/db/migration-head.ts";
import { walletGuard } from "./support/wallet-guard.ts";
import { PROJECT, projectFiles, readProjectFile, type ProjectFile } from "./support/project-files.ts";

const SOURCE = ["packages/**/*.{ts,tsx}", "functions/**/*.ts", "migrations/**/*.ts", "infra/**/*.ts", "sst.config.ts"];
const MAX_LINES = 250;
/** A session makes its person's wallet, with nothing in it, and so does a first call. */
const MAKES_EMPTY_WALLETS = new Set([
  "packages/core/src/turns/statements/session.ts",
  "packages/core/src/accounts/statements/meet-with-wallet.ts",
]);

describe("the files", () => {
  it("are at most 250 lines long", async () => {
    const files = await projectFiles(...SOURCE, "tests/**/*.ts");
    const long = files
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(files.length).toBeGreaterThan(100);
    expect(long).toEqual([]);
  });

  it("read the environment only where configuration is read", async () => {
    expect(await places(SOURCE, /process\s*(?:\.|\[\s*["'])env\b/)).toEqual([
      "infra/functions.ts", // in the text of a banner, which a bundle begins with
      "packages/core/src/config/config.ts",
      "packages/ops/src/place.ts",
      "sst.config.ts", // what a deploy passes on to the functions
    ]);
  });

  it("speak through the log, never through the console, in the core, the functions, the web app and the migrations", async () => {
    expect(await places(["packages/{core,web}/**/*.{ts,tsx}", "functions/**/*.ts", "migrations/**/*.ts"], /\bconsole\s*[.[]/)).toEqual([]);
  });

  it("leave nothing for later", async () => {
    const everywhere = [...SOURCE, "tests/**/*.ts", "docs/**/*.md", "*.md", "*.json", "*.cjs", "*.ts"];
    expect(await places(everywhere, /\b(?:TOD[O]|FIXM[E])\b/i)).toEqual([]);
  });

  it("move money only in the statements that an auditor reads", async () => {
    const moving = /\b(?:update|insert\s+into|delete\s+from)\s+credit_|\b(?:updateTable|insertInto|deleteFrom|mergeInto)\(\s*["'`]credit_/i;
    const elsewhere = (await places(["packages/core/**/*.ts", "functions/**/*.ts"], moving)).filter(
      (path) => !path.startsWith("packages/core/src/ledger/statements/") && !MAKES_EMPTY_WALLETS.has(path),
    );
    expect(elsewhere).toEqual([]);
  });
});

describe("the documents", () => {
  it("link only to what is there", async () => {
    const documents = await projectFiles("docs/**/*.md", "*.md");
    const broken = documents.flatMap((document) => linksOf(document).filter((link) => !isThere(link, documents)));
    expect(documents.length).toBeGreaterThan(0);
    expect(broken).toEqual([]);
  });
});

describe("the dependencies", () => {
  it("are pinned to exact versions", async () => {
    const manifests = await projectFiles("package.json", "packages/*/package.json", "functions/package.json");
    const wanted = manifests.flatMap(({ path, text }) => {
      const { dependencies, devDependencies, optionalDependencies } = v.parse(Manifest, JSON.parse(text));
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).map(([name, version]) => ({
        path,
        name,
        version,
      }));
    });
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter(({ version }) => !/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(version))).toEqual([]);
  });

  it("are no older than the floors under known holes", async () => {
    const { packages } = await lockfile();
    for (const [name, floor] of Object.entries({ hono: "4.12.34", kysely: "0.28.17", valibot: "1.2.0" })) {
      const copies = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
      expect(copies.map(([path]) => path)).toContain(`node_modules/${name}`);
      expect(copies.filter(([, { version = "0" }]) => isOlder(version, floor)).map(([path, { version }]) => `${path} ${version}`)).toEqual(
        [],
      );
    }
  });

  it("are locked without saying where they were fetched", async () => {
    const { packages } = await lockfile();
    const fetched = Object.entries(packages).filter(([, { resolved, link }]) => resolved !== undefined && link !== true);
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(fetched).toEqual([]);
    expect(await readProjectFile("package-lock.json")).not.toMatch(/\bregistry\b/);
  });
});

describe("the schema and the statements", () => {
  it("agree about the newest migration", async () => {
    const steps = await projectFiles("migrations/*.ts");
    expect(`migrations/${EXPECTED_MIGRATION_HEAD}.ts`).toBe(steps.at(-1)?.path);
  });

  it("lock or write the wallet before anything else, wherever its money is touched", async () => {
    const found: { name: string; wallet: string }[] = [];
    for (const { path } of await projectFiles("packages/core/src/*/statements/*.ts")) {
      const module: Record<string, unknown> = await import(/* @vite-ignore */ join(PROJECT, path));
      for (const candidate of Object.values(module)) {
        const statement = v.safeParse(Statement, candidate);
        if (!statement.success || !/\b(?:balance|held)\b/.test(statement.output.text)) continue;
        found.push({ name: statement.output.name.replace(/_[0-9a-f]{8}$/, ""), wallet: walletGuard(statement.output.text) });
      }
    }
    expect(found.filter(({ wallet }) => wallet !== "first")).toEqual([]);
    expect(found.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["admin_grant", "grant_payment", "open_turn", "reopen_turn", "settle_turn", "sweep_turns", "void_turn"]),
    );
  });

  it("are refused when the wallet comes second, unlocked or late", () => {
    const lock = "lw as (select balance from credit_wallets where user_id = $1::text for update)";
    const turn = "t as (update turns set status = 'failed' returning user_id)";
    const write = "update credit_wallets x set held = x.held - 1 from t";
    expect(walletGuard(`with ${lock}, ${turn} ${write}`)).toBe("first");
    expect(walletGuard(`with ${turn}, ${lock} ${write}`)).toBe("late");
    expect(walletGuard(`with ${lock.replace(" for update", "")}, ${turn} ${write}`)).toBe("unlocked");
    expect(walletGuard(`with ${turn} ${write}`)).toBe("late");
    expect(walletGuard(`with s as (select balance from credit_wallets), ${lock} select 1`)).toBe("unlocked");
  });
});

async function places(patterns: readonly string[], pattern: RegExp): Promise<string[]> {
  const files = await projectFiles(...patterns);
  return files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
}

/** Links that stay inside the project: the file, from the project's folder, and the heading in it. */
function linksOf({ path, text }: ProjectFile) {
  const targets = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => decodeURIComponent(match[1] ?? ""));
  const inside = targets.filter((target) => !/^(?:[a-z]+:|\/\/)/.test(target));
  return inside.map((target) => {
    const [file = "", heading = ""] = target.split("#");
    return { from: path, file: file === "" ? path : join(dirname(path), file), heading };
  });
}

function isThere({ file, heading }: ReturnType<typeof linksOf>[number], documents: readonly ProjectFile[]): boolean {
  if (heading === "") return existsSync(join(PROJECT, file));
  const headings = documents.find(({ path }) => path === file)?.text.matchAll(/^#+ +(.*)$/gm) ?? [];
  return [...headings].some(([, title = ""]) => slugOf(title) === heading);
}

/** A heading's anchor, as the usual renderers make it. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

const Versions = v.optional(v.record(v.string(), v.string()), {});
const Manifest = v.object({ dependencies: Versions, devDependencies: Versions, optionalDependencies: Versions });
const Lockfile = v.object({
  packages: v.record(
    v.string(),
    v.object({ version: v.optional(v.string()), resolved: v.optional(v.string()), link: v.optional(v.boolean()) }),
  ),
});
const Statement = v.object({ name: v.string(), text: v.string(), values: v.function() });

async function lockfile() {
  return v.parse(Lockfile, JSON.parse(await readProjectFile("package-lock.json")));
}

function isOlder(version: string, floor: string): boolean {
  const [a = [], b = []] = [version, floor].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  const differing = a.findIndex((part, index) => part !== b[index]);
  return differing >= 0 && (a[differing] ?? 0) < (b[differing] ?? 0);
}
