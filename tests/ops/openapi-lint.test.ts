// The document passes rules that are not ours, and the check sees what breaks them.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT, readProjectFile } from "../support/project-files.ts";

it("has nothing that Redocly's recommended rules or Spectral's would complain about", async () => {
  expect(await complaints()).toEqual([]);
});

it("sees what breaks them", async () => {
  let broken = await readProjectFile("docs/openapi.json");
  for (const [, sought, replacement] of FAULTS) {
    const before = broken;
    broken = broken.replace(sought, replacement);
    expect(broken).not.toBe(before);
  }
  const rules = new Set((await complaints(broken)).map((line) => line.split(" ").slice(0, 2).join(" ")));
  expect(FAULTS.map(([rule]) => rule).filter((rule) => !rules.has(rule))).toEqual([]);
});

/** Rules, and what breaks each: a name that is gone, one that is taken, an unknown tag, a shape that is not there, a wrong example. */
const FAULTS = [
  ["redocly operation-operationId", /"operationId": "runTurn",/, ""],
  ["spectral operation-operationId-unique", /"operationId": "listTurns"/, '"operationId": "listMessages"'],
  ["spectral operation-tag-defined", /"tags": \[\s*"turns"\s*\]/, '"tags": ["others"]'],
  ["redocly no-unresolved-refs", /schemas\/TurnCreate"/, 'schemas/Nothing"'],
  ["spectral oas3-valid-media-example", /"assistant_output": "[^"]*"/, '"assistant_output": 5'],
] as const;

/** The lines that the check complains in: of the committed document, or of another. */
async function complaints(document?: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "pantheon-openapi-"));
  try {
    const file = join(folder, "openapi.json");
    if (document !== undefined) await writeFile(file, document);
    const script = join(PROJECT, "packages/ops/src/openapi-lint.ts");
    const said = await new Promise<{ failed: boolean; stderr: string }>((resolve) =>
      execFile(process.execPath, [script, ...(document === undefined ? [] : [file])], { timeout: 50_000 }, (error, _stdout, stderr) =>
        resolve({ failed: error !== null, stderr }),
      ),
    );
    const lines = said.stderr.split("\n").filter((line) => /^(?:redocly|spectral) /.test(line));
    expect({ failed: said.failed, stderr: lines.length > 0 ? "" : said.stderr }).toEqual({ failed: lines.length > 0, stderr: "" });
    return lines;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
