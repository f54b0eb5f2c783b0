// What a row of a table of variables says beside its rule.

import * as v from "valibot";

/** What a variable means, and whether its value is a secret. */
export function means<T>(meaning: string, { secret } = { secret: false }): v.MetadataAction<T, { means: string; secret: boolean }> {
  return v.metadata({ means: meaning, secret });
}
