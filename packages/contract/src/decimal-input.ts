// Amounts as they come in: a JSON number or a decimal string, read exactly (contract section 1).

import * as v from "valibot";
import { decimalOfNumber, parseDecimal, ZERO, type Amount } from "./money.ts";

/** A decimal above zero, up to `max`, with at most `decimals` decimals. Everything else is one fault that names the rule. */
export function positiveDecimal(max: Amount, decimals: number) {
  const rule = `must be above 0 and at most ${max.toFixed()}, with at most ${decimals} decimals`;
  return v.pipe(
    v.union([v.number(), v.string()], rule),
    v.rawTransform<number | string, Amount>(({ dataset, addIssue, NEVER }) => {
      const text = typeof dataset.value === "number" ? decimalOfNumber(dataset.value) : dataset.value;
      const value = text === null ? null : parseDecimal(text, decimals);
      if (value === null || value.lte(ZERO) || value.gt(max)) {
        addIssue({ message: rule });
        return NEVER;
      }
      return value;
    }),
    v.description(`An exact decimal: ${rule}.`),
  );
}

/** A JSON number or decimal string with at most `decimals` decimals, or null for any other: what may be too little or too much is said elsewhere. */
export function decimalOrNull(decimals: number) {
  return v.pipe(
    v.union([v.number(), v.string()], "must be a decimal"),
    v.transform((value): Amount | null => {
      const text = typeof value === "number" ? decimalOfNumber(value) : value;
      return text === null ? null : parseDecimal(text, decimals);
    }),
    v.description(`An exact decimal with at most ${decimals} decimals.`),
  );
}
