// Amounts as they come in: a JSON number or a decimal string, read exactly (contract section 1).

import * as v from "valibot";
import { amount, decimalOfNumber, parseDecimal, ZERO, type Amount } from "./money.ts";

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

/** Why a decimal was not read: it is none, it has too many decimals, or more digits than any amount. */
export type DecimalFault = "form" | "decimals" | "size";

/** A JSON number or decimal string of either sign with at most `decimals` decimals, or its fault: what is too little or too much is said elsewhere. */
export function decimalOrFault(decimals: number) {
  return v.pipe(
    v.union([v.number(), v.string()], "must be a decimal"),
    v.transform((value): Amount | DecimalFault => {
      const text = typeof value === "number" && Number.isFinite(value) ? amount(String(value)).toFixed() : String(value);
      const exact = typeof value === "number" ? decimalOfNumber(value) : value;
      return (exact === null ? null : parseDecimal(exact, decimals)) ?? faultOf(text, decimals);
    }),
    v.description(`An exact decimal with at most ${decimals} decimals.`),
  );
}

function faultOf(text: string, decimals: number): DecimalFault {
  const parts = /^-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (parts === null) return "form";
  return (parts[1] ?? "").length > decimals ? "decimals" : "size";
}
