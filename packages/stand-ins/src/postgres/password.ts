// The local database's password: made once, kept beside the data, so that neither can be lost without the other by deleting a folder.

import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Place, writeForOwner } from "./place.ts";

/** The file, readable by the server's owner alone. */
export function passwordFile({ folder }: Pick<Place, "folder">): string {
  return join(folder, "password");
}

/** What a password of ours looks like: nothing that an address or a statement would have to escape. */
const PASSWORD = /^[\w-]{16,128}$/;

/**
 * The password of this place, made on first use. One that an older world kept in its home is taken along; what is no password of ours is
 * replaced, and whoever starts the server next sets it anew.
 */
export function keepPassword(place: Place, home: string): string {
  const file = passwordFile(place);
  const older = join(home, "postgres.password");
  if (!existsSync(file)) publishFirst(place, readIfPassword(older) ?? fresh());
  rmSync(older, { force: true });
  const kept = readIfPassword(file);
  if (kept !== null) return kept;
  const replaced = fresh();
  renameSync(draft(place, replaced), file);
  return replaced;
}

function fresh(): string {
  return randomBytes(24).toString("base64url");
}

/** Linked into place, so that two first starts agree on one password and nobody reads half of it. */
function publishFirst(place: Place, password: string): void {
  const file = passwordFile(place);
  const drafted = draft(place, password);
  try {
    linkSync(drafted, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(drafted);
  }
}

function draft(place: Place, password: string): string {
  const drafted = `${passwordFile(place)}.${process.pid}`;
  writeForOwner(place, drafted, password);
  return drafted;
}

function readIfPassword(file: string): string | null {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, "utf8");
  return PASSWORD.test(text) ? text : null;
}
