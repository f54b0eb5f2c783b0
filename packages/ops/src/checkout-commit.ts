// Which commit this checkout stands at.

import { execFileSync } from "node:child_process";

/** The full sha, or null where there is no history: an unpacked archive has none. */
export function checkoutCommit(): string | null {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      cwd: import.meta.dirname,
    }).trim();
  } catch {
    return null;
  }
}
