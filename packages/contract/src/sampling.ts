// How a model is to answer, as a turn's request says it. What an alias cannot do is refused when the turn opens, never left out.

import * as v from "valibot";
import { REASONING_EFFORTS } from "./vocabulary.ts";
import { named } from "./wire.ts";

const MOST_SCHEMA_CHARACTERS = 16_384;
const MOST_SEED = 2_147_483_647; // what every provider takes

const Stop = v.pipe(
  v.string(),
  v.check(
    (value) => value !== "" && value.isWellFormed() && !value.includes("\u0000"),
    "must be well-formed text without NUL, and not empty",
  ),
  v.maxCodePoints(64, "must be at most 64 characters"),
  v.metadata({ minLength: 1, maxLength: 64 }),
);

const JsonObject = v.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "must be an object",
);

const SchemaText = v.pipe(
  JsonObject,
  v.check(
    (value) => JSON.stringify(value).length <= MOST_SCHEMA_CHARACTERS,
    `must be at most ${MOST_SCHEMA_CHARACTERS} characters of JSON`,
  ),
  v.metadata({ type: "object" }),
);

export const ResponseFormat = named(
  "ResponseFormat",
  "The form of the answer: a JSON object, or JSON by a schema. Say in the message that JSON is wanted too: some providers ask for that.",
  v.variant("type", [
    v.strictObject({ type: v.literal("json_object") }),
    v.strictObject({
      type: v.literal("json_schema"),
      json_schema: v.strictObject({
        name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, _ or -")),
        schema: SchemaText,
      }),
    }),
  ]),
);

/** The members of a turn's request that say how its model answers, to be spread into it. */
export const SAMPLING_ENTRIES = {
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  top_p: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  stop: v.pipe(
    v.optional(v.pipe(v.array(Stop), v.minLength(1), v.maxLength(4))),
    v.description("Texts that end the answer where they would stand in it; they are not trimmed."),
  ),
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_SEED))),
  response_format: v.optional(ResponseFormat),
  reasoning_effort: v.pipe(
    v.optional(v.picklist(REASONING_EFFORTS)),
    v.description("How much the model may think before it answers. Thoughts are output, within `max_output_tokens`."),
  ),
};
