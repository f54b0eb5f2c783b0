// Who is told which build answers: everybody, unless the stage has a token for it. The deploy and the watch have that token.

import { createHash, timingSafeEqual } from "node:crypto";

/** Whether `given` is the stage's token; true for everybody where there is none. Takes as long for a wrong one as for the right one. */
export function seesBuild(token: string | null, given: string | undefined): boolean {
  if (token === null) return true;
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
