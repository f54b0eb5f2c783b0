// sst.config.ts and infra/ under the compiler, with the platform's own types.

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../../support/project-files.ts";
import type { Edit } from "./evaluate-stage.ts";

/** What the compiler says: nothing, when all is well. */
export async function typeFaults(edit?: Edit): Promise<string> {
  if (edit === undefined) return compile(PROJECT);
  const house = await mkdtemp(join(tmpdir(), "pantheon-infra-types-"));
  try {
    for (const copied of ["sst.config.ts", "infra"]) await cp(join(PROJECT, copied), join(house, copied), { recursive: true });
    for (const linked of [".sst", "functions", "packages", "node_modules"]) await symlink(join(PROJECT, linked), join(house, linked));
    const path = join(house, edit.file);
    await writeFile(path, (await readFile(path, "utf8")).replace(edit.from, edit.to));
    return await compile(house);
  } finally {
    await rm(house, { recursive: true, force: true });
  }
}

function compile(root: string): Promise<string> {
  const compiler = join(PROJECT, "node_modules/typescript/bin/tsc");
  const args = [compiler, "--noEmit", "--project", join(root, "infra/tsconfig.json")];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, timeout: 240_000 }, (error, stdout, stderr) =>
      resolve(error === null ? stdout : `${stdout}${stderr}` || error.message),
    );
  });
}
