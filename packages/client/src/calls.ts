// Calls that are typed by the contract: a read, a write, a list with its pages. What a response says is taken as the contract says it;
// members that are not known are left alone.

import type * as v from "valibot";
import { PantheonError } from "./error.ts";
import type { Received } from "./received.ts";
import type { Call, CallOptions, Send } from "./transport.ts";

/** What a shape is sent as. */
export type Sent<Shape extends v.GenericSchema> = v.InferInput<Shape>;
/** What a shape is read as. */
export type Read<Shape extends v.GenericSchema> = v.InferOutput<Shape>;

export type QueryValues = Readonly<Record<string, string | number | undefined>>;
/** Days as `YYYY-MM-DD`, UTC, both included. */
export type Days = { readonly from?: string; readonly to?: string };
export type PageQuery = { readonly limit?: number; readonly offset?: number; readonly cursor?: string };

/** Sends a call and reads its JSON. Rejects with PantheonError for any status above 299. */
export async function ask<Shape extends v.GenericSchema>(send: Send, call: Call): Promise<Read<Shape>> {
  const { json } = await succeed(send, call);
  return json;
}

/** Sends a call that must succeed. */
export async function succeed(send: Send, call: Call): Promise<Received> {
  const received = await send(call);
  if (received.status > 299 || received.status < 200) throw new PantheonError(received);
  return received;
}

type PageOf<Name extends string> = { readonly [key in Name]: readonly unknown[] } & { readonly next_cursor: string | null };
type RowOf<Page extends PageOf<Name>, Name extends string> = Page[Name][number];

export type Listing<Page, Row, Query> = {
  /** One page, newest first. */
  list(query?: Query & PageQuery, options?: CallOptions): Promise<Page>;
  /** Every row from there on, page by page as they are read. */
  each(query?: Query & PageQuery, options?: CallOptions): AsyncGenerator<Row, void, undefined>;
};

/** A list at this address, whose rows stand under `name`. */
export function listing<Shape extends v.GenericSchema<unknown, PageOf<Name>>, Name extends string, Query extends QueryValues = QueryValues>(
  send: Send,
  address: string,
  name: Name,
): Listing<Read<Shape>, RowOf<Read<Shape>, Name>, Query> {
  const list = (query: QueryValues = {}, options: CallOptions = {}) =>
    ask<Shape>(send, { ...options, method: "GET", path: `${address}${search(query)}` });
  return {
    list,
    each: async function* (query, options = {}) {
      const { offset: _offset, ...rest }: QueryValues = query ?? {};
      for (let asked: QueryValues = query ?? {}; ;) {
        const page = await list(asked, options);
        yield* page[name];
        if (page.next_cursor === null) return;
        asked = { ...rest, cursor: page.next_cursor };
      }
    },
  };
}

/** A path whose values are encoded: an id may hold anything. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((whole, part, index) => `${whole}${encodeURIComponent(values[index - 1] ?? "")}${part}`);
}

/** A query string with its question mark; empty when nothing is asked. */
export function search(query: QueryValues): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
