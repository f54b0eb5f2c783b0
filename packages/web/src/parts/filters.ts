// Filters live in the address: what is seen can be bookmarked, sent and gone back to.

import * as v from "valibot";
import { useSearchParams } from "wouter-preact";

type Entries = Readonly<Record<string, v.GenericSchema<unknown, string>>>;
type Filters<Of extends Entries> = { readonly [Key in keyof Of]: v.InferOutput<Of[Key]> };

/** The address's query as these schemas read it, and a way to change some of it; "" takes one out. Every schema has a fallback. */
export function useFilters<Of extends Entries>(entries: Of) {
  const [params, setParams] = useSearchParams();
  const read = Object.fromEntries(Object.entries(entries).map(([name, schema]) => [name, v.parse(schema, params.get(name) ?? undefined)]));
  const change = (some: Partial<Record<keyof Of & string, string>>) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries<string | undefined>(some)) {
          if (value === undefined || value === "") after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { replace: true },
    );
  return [read as Filters<Of>, change] as const;
}

/** A day of UTC; "" is none. */
export const Day = v.fallback(v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/)), "");

/** What of these filters was filled in, as a query. */
export function filledIn(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}

/** How many days a page looks back. */
export const Days = v.fallback(v.picklist(["7", "30", "90"]), "30");

export const RANGES = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
] as const;
