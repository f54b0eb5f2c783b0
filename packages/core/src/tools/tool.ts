// What a tool is: what it takes, and what it does with that. Its name and what the model is told of it stand in offers.ts.

import type * as v from "valibot";
import type { InSession } from "./file-texts.ts";

/** What a use of a tool is given beside its arguments. */
export type Ground = {
  /** The session that the turn is of, whose files alone may be read, and who acts. */
  readonly where: InSession;
  /** Aborts when the time of this use is over. */
  readonly signal: AbortSignal;
};

export type ToolSpec<Schema extends v.GenericSchema = v.GenericSchema> = {
  /** The model's arguments are read like any user's input: strictly. */
  readonly takes: Schema;
  /** What the model is told, as a value that JSON can say. Throws `ToolError` where the tool cannot do it. */
  run(given: v.InferOutput<Schema>, ground: Ground): Promise<unknown>;
};

/** Why a tool could not do what was asked: a sentence of ours, for the model. */
export class ToolError extends Error {}
