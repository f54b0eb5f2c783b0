// Whose a home is. A run must not take another person's folder from them, nor begin in one that it cannot write to: both are told before
// anything is touched.

import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

export const SERVER_USER = "postgres";

/** Throws a line that says whose the home, or the database in it, is and what to do. A home that does not exist yet is nobody's. */
export function refuseForeignHome(home: string): void {
  const me = process.getuid?.();
  if (me === undefined) return; // a system without users
  for (const path of [home, join(home, "postgres")]) {
    const owner = ownerOf(path);
    if (owner === null || owner === me) continue;
    const theirs = nameOf(owner);
    if (me !== 0) {
      if (mayWrite(path)) continue;
      throw new Error(`${path} belongs to ${theirs}, and ${nameOf(me)} may not write to it. ${elsewise(theirs)}`);
    }
    if (theirs !== SERVER_USER) throw new Error(`${path} belongs to ${theirs}: as root this run would lock them out. ${elsewise(theirs)}`);
  }
}

function elsewise(owner: string): string {
  return `Run it as ${owner}, or set another PANTHEON_HOME`;
}

function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null; // it is not there, or cannot be looked into: then whatever touches it says so
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The user's name, or the number where the system has no name for it. */
function nameOf(uid: number): string {
  const { status, stdout } = spawnSync("id", ["-nu", String(uid)], { encoding: "utf8" });
  return status === 0 && stdout.trim() !== "" ? stdout.trim() : `user ${uid}`;
}
