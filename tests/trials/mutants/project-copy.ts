// A copy of the project that may be broken: its files in a temporary folder, with packages that are installed only once.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT } from "../../support/project-files.ts";

export type ProjectCopy = {
  readonly folder: string;
  /** Where what runs in the copy keeps its temporary files, so that they go with it however it ended. */
  readonly temporary: string;
  remove(): Promise<void>;
};

/** Copies every file that git knows or would take in. What is installed is linked, but for the workspaces, which are the copy's own. */
export async function copyProject(): Promise<ProjectCopy> {
  const place = await realpath(await mkdtemp(join(tmpdir(), "pantheon-mutants-")));
  const [folder, temporary] = [join(place, "project"), join(place, "tmp")];
  // A server may still be ending in it; one that was left behind ends when its files are gone.
  const remove = () => rm(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  try {
    await chmod(place, 0o755); // under root PostgreSQL runs as another user, who must be able to enter
    await mkdir(temporary);
    for (const path of await knownFiles()) await cp(join(PROJECT, path), join(folder, path));
    await linkPackages(folder);
    return { folder, temporary, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function knownFiles(): Promise<string[]> {
  const flags = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await promisify(execFile)("git", flags, { cwd: PROJECT, maxBuffer: 64 * 1024 * 1024 });
  const known = new Set(stdout.split("\0").filter((path) => path !== ""));
  return [...known].filter((path) => existsSync(join(PROJECT, path))); // a file that was just deleted is still known
}

const WORKSPACES = "@pantheon";

async function linkPackages(folder: string): Promise<void> {
  const installed = join(PROJECT, "node_modules");
  const own = join(folder, "node_modules");
  await mkdir(join(own, WORKSPACES), { recursive: true });
  await symlink(join(folder, "functions"), join(own, WORKSPACES, "functions"));
  for (const workspace of await readdir(join(folder, "packages"))) {
    await symlink(join(folder, "packages", workspace), join(own, WORKSPACES, workspace));
    // What one workspace needs in a version of its own stands in its own folder.
    const nested = join("packages", workspace, "node_modules");
    if (existsSync(join(PROJECT, nested))) await symlink(join(PROJECT, nested), join(folder, nested));
  }
  for (const name of await readdir(installed)) {
    const isShared = name !== WORKSPACES && (!name.startsWith(".") || name === ".bin"); // the other dotted ones are caches
    if (isShared) await symlink(join(installed, name), join(own, name));
  }
}
