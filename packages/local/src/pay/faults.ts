// What went wrong with a form, kept until the page that shows it is asked for. A form answers with a redirect, so that Back and Reload
// never send it again; nobody's words stand in an address.

import { newId } from "@pantheon/contract/id.ts";

/** `value` is what was typed, to be put right. */
export type Fault = { readonly message: string; readonly value: string };

export type Faults = {
  /** Keeps a fault; answers the name by which it is found. */
  keep(fault: Fault): string;
  /** The fault of that name; null for one that is unknown or long gone. It can be looked at again, as Reload does. */
  find(name: string | undefined): Fault | null;
};

const KEPT = 200;

export function keepFaults(): Faults {
  const kept = new Map<string, Fault>();
  return {
    keep: (fault) => {
      const name = newId();
      kept.set(name, fault);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
      return name;
    },
    find: (name = "") => kept.get(name) ?? null,
  };
}
