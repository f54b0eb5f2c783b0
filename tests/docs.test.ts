// The documents say what is there: their pictures use the words of the contract, the tables, the statements and the workflows, and what
// they name by its path or command exists.

import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, statusOf, type ErrorCode } from "@pantheon/contract/error.ts";
import { TOP_UP_STATES, TURN_STATES } from "@pantheon/contract/vocabulary.ts";
import { freshDatabase } from "./support/postgres.ts";
import { PROJECT, projectFiles, readProjectFile } from "./support/project-files.ts";

const DOCUMENTS = ["docs/**/*.md", "*.md", "packages/*/README.md"];

describe("the pictures", () => {
  it("of packages and rooms are what the imports are today", async () => {
    const script = join(PROJECT, "packages/ops/src/docs-rooms.ts");
    await expect(promisify(execFile)(process.execPath, [script, "--check"], { timeout: 200_000 })).resolves.toMatchObject({ stderr: "" });
  }, 90_000);

  it.each([
    ["the states of a turn", TURN_STATES],
    ["the states of a top-up", TOP_UP_STATES],
  ] as const)("of %s has each of the contract's states, and no other", async (name, states) => {
    const text = await picture("docs/ledger.md", name);
    const groups = new Set([...text.matchAll(/^\s*state (\w+) \{/gm)].map(([, group]) => group));
    const drawn = new Set([...text.matchAll(/^\s*(\S+) --> (\S+)/gm)].flatMap(([, from, to]) => [from, to]));
    expect(new Set([...drawn].filter((state) => state !== "[*]" && !groups.has(state)))).toEqual(new Set(states));
  });

  it("name only statements that there are, and codes with their status", async () => {
    const texts = await pictures();
    const files = await projectFiles("packages/core/src/ledger/statements/*.ts");
    const statements = new Set(files.map(({ path }) => basename(path, ".ts")));
    const named = texts.flatMap((text) => [...text.matchAll(/\b[a-z]+-(?:turns?|payment)\b/g)].map(([name]) => name));
    expect(named.filter((name) => !statements.has(name))).toEqual([]);
    const codes = texts.flatMap((text) =>
      [...text.matchAll(/\b([45]\d\d) (\w+)/g)].map(([, status, code]) => ({ status: Number(status), code })),
    );
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter(({ status, code }) => !isCode(code) || statusOf(code) !== status)).toEqual([]);
  });

  it("of a deploy has the steps of the workflow, in their order", async () => {
    const workflow = await readProjectFile(".github/workflows/deploy-stage.yml");
    const steps = [...workflow.matchAll(/^\s+- name: (.*)$/gm)].map(([, step]) => step);
    const inside = /subgraph[^\n]*\n(.*?)\n\s*end\b/s.exec(await picture("docs/deploying.md", "a deploy"))?.[1] ?? "";
    const drawn = [...inside.matchAll(/\w\[([^\]]+)\]/g)].map(([, step]) => step);
    expect(drawn.length).toBeGreaterThan(4);
    expect(steps.filter((step) => drawn.includes(step))).toEqual(drawn);
  });

  it("of the tables has the columns, types and foreign keys that the migrations make", async () => {
    const text = await picture("docs/ledger.md", "the tables of the ledger");
    const { columns, foreignKeys } = await madeByMigrations();
    const tables = [...text.matchAll(/^ {2}(\w+) \{\n(.*?)\n {2}\}/gms)].map(([, table = "", body = ""]) => ({ table, body }));
    const drawn = tables.flatMap(({ table, body }) =>
      body.split("\n").map((line) => {
        const [type, column] = line.trim().split(" "); // and whether it is a key
        return `${table} ${column} ${type}`;
      }),
    );
    expect(drawn.length).toBeGreaterThan(40);
    expect(drawn.filter((column) => !columns.has(column))).toEqual([]);
    const names = new Set(tables.map(({ table }) => table));
    const solid = [...text.matchAll(/^ {2}(\w+) \S+--\S+ (\w+) :/gm)].map(([, to, from]) => `${from} ${to}`);
    const expected = foreignKeys.filter(([from, to]) => names.has(from) && names.has(to)).map((pair) => pair.join(" "));
    expect(solid.toSorted()).toEqual(expected.toSorted());
  });
});

describe("what documents and comments name", () => {
  it("by its path is there", async () => {
    const paths = (await projectFiles("**/*.{ts,tsx,md,cjs,json,sh}", ".*.cjs", ".github/**/*.yml", ".ci/*")).map(({ path }) => path);
    const isThere = (name: string) => paths.some((path) => path === name || path.endsWith(`/${name}`) || path.startsWith(`${name}/`));
    const documents = await projectFiles(...DOCUMENTS);
    const inDocuments = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:[\w-]+\/)*[\w.-]+\.(?:tsx?|md|cjs|yml)|(?:packages|functions|tests|infra|migrations|docs)\/[\w./-]+)`/g)].map(
        ([, name = ""]) => ({ path, name: name.replace(/\/$/, "") }),
      ),
    );
    const code = await projectFiles("{packages,functions,infra,migrations,tests}/**/*.{ts,tsx}", "*.{ts,cjs}");
    const inComments = code.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:^|\s)(?:\/\/|\/?\*+) (.*)$/gm)].flatMap(([, comment = ""]) =>
        [...comment.matchAll(/(?<![\w/@.:{*-])((?:[\w-]+\/)*[\w-]+(?:\.test)?\.(?:tsx?|md|cjs|yml))\b/g)].map(([, name = ""]) => ({
          path,
          name,
        })),
      ),
    );
    expect(inDocuments.length + inComments.length).toBeGreaterThan(100);
    expect([...inDocuments, ...inComments].filter(({ name }) => !isThere(name))).toEqual([]);
  });

  it("as a command is a script of the project", async () => {
    const scripts = Object.keys(JSON.parse(await readProjectFile("package.json")).scripts as object);
    const named = (await projectFiles(...DOCUMENTS)).flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, script = ""]) => ({ path, script })),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ script }) => !scripts.includes(script))).toEqual([]);
  });

  it("has a date when it is a decision", async () => {
    const decisions = await projectFiles("docs/decisions/*.md");
    expect(decisions.filter(({ text }) => !/^# \d+\. .*\n\nDate: \d{4}-\d\d-\d\d\n\n/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

/** A picture by the name that stands above it. */
async function picture(path: string, name: string): Promise<string> {
  const [, after = ""] = (await readProjectFile(path)).split(`<!-- picture: ${name} -->`);
  return /^\n```mermaid\n(.*?)\n```/s.exec(after)?.[1] ?? "";
}

async function pictures(): Promise<string[]> {
  const documents = await projectFiles(...DOCUMENTS);
  return documents.flatMap(({ text }) => [...text.matchAll(/^```mermaid\n(.*?)\n```/gms)].map(([, inside = ""]) => inside));
}

function isCode(code: string | undefined): code is ErrorCode {
  return ERROR_CODES.some((known) => known === code);
}

/** `table column type` of every column, and `[from, to]` of every foreign key. */
async function madeByMigrations(): Promise<{ columns: Set<string>; foreignKeys: [from: string, to: string][] }> {
  const database = await freshDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const columns = await client.query<{ text: string }>(
      "select concat_ws(' ', table_name, column_name, udt_name) as text from information_schema.columns where table_schema = 'public'",
    );
    const keys = await client.query<{ source: string; target: string }>(
      "select conrelid::regclass::text as source, confrelid::regclass::text as target from pg_constraint where contype = 'f'",
    );
    return {
      columns: new Set(columns.rows.map(({ text }) => text)),
      foreignKeys: keys.rows.map(({ source, target }) => [source, target]),
    };
  } finally {
    await client.end();
    await database.drop();
  }
}
