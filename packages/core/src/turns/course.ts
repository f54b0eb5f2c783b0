// What a turn needs once it is open: asking its model, and settling it. A cold start need not read it, since no other request does.

import type { converse } from "./converse.ts";
import type { settleTurn } from "./settle.ts";

export type Course = { readonly converse: typeof converse; readonly settle: typeof settleTurn };

/** Loads it, once in a container. Called before anything is held: what cannot be loaded must not leave a turn behind. */
export async function loadCourse(): Promise<Course> {
  const [asking, settling] = await Promise.all([import("./converse.ts"), import("./settle.ts")]);
  return { converse: asking.converse, settle: settling.settleTurn };
}
