// All that is kept of a person, on the wire (contract section 4): records one after another, in pages.

import * as v from "valibot";
import { DATA_TYPES } from "./vocabulary.ts";
import { named, PAGE_ENTRIES, wholeNumber } from "./wire.ts";

export const DataRecord = named(
  "DataRecord",
  "One thing that is kept of you. Its members are those of its type, in snake case: amounts as exact decimals, times as RFC 3339, null for what there is none of.",
  v.object({ type: v.picklist(DATA_TYPES), data: v.record(v.string(), v.unknown()) }),
);

export const DataPage = named(
  "DataPage",
  "A page of all that is kept of you: type after type, and newest first within one.",
  v.object({
    records: v.array(DataRecord),
    next_cursor: v.pipe(v.nullable(v.string()), v.description("The `cursor` of the next page; null at the end.")),
  }),
);

const { cursor } = PAGE_ENTRIES;

export const DataQuery = v.strictObject({
  limit: v.pipe(
    v.optional(wholeNumber(1, 200), "200"),
    v.metadata({
      default: 200,
      description: "The most records of a page. A page of long texts ends sooner, after one record at least: go on with its next_cursor.",
    }),
  ),
  cursor,
});
