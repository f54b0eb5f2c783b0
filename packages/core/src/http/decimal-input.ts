// Amounts as they come in: a JSON number or a decimal string, read exactly (contract section 1).

import * as v from "valibot";
import { decimalOfNumber, parseDecimal, ZERO, type Amount } from "../money.ts";

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
