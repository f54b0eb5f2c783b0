// By which API key a call came: in rows about calls, and as a filter of them.

import * as v from "valibot";
import { Id } from "./wire.ts";

/** Of a row about a call, to be spread into it. */
export const KEYED_ENTRIES = {
  api_key_id: v.pipe(v.nullable(v.string()), v.description("The API key that the call came with; null for none.")),
  api_key_name: v.pipe(v.nullable(v.string()), v.description("What that key is called now.")),
  api_key_prefix: v.pipe(v.nullable(v.string()), v.description("How that key begins.")),
};

export const KeyFilter = v.pipe(v.optional(Id), v.description("Only of the calls that came with this API key."));
