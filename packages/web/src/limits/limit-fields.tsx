// The fields of limits: an empty one limits nothing.

import { parseDecimal } from "@pantheon/contract/money.ts";
import type { Limits } from "../api/shapes.ts";
import { faultAt, Field } from "../parts/field.tsx";
import { isOfCredits, LIMIT_NAMES, LIMIT_WORDS } from "./words.ts";

const DECIMALS = 8;
const LONGEST = 20;

/** What is typed, by name. */
export type LimitTexts = Readonly<Record<keyof Limits, string>>;

export function textsOf(limits: Limits): LimitTexts {
  const text = (name: keyof Limits) => String(limits[name] ?? "");
  return {
    credits_per_day: text("credits_per_day"),
    credits_per_month: text("credits_per_month"),
    credits_total: text("credits_total"),
    calls_per_minute: text("calls_per_minute"),
    calls_per_hour: text("calls_per_hour"),
    running: text("running"),
  };
}

/** What these texts say; null where one is no number of its kind. The API says which numbers it takes. */
export function limitsOf(texts: LimitTexts): Limits | null {
  const isGood = LIMIT_NAMES.every((name) => {
    const text = texts[name].trim();
    return text === "" || (isOfCredits(name) ? parseDecimal(text, DECIMALS) !== null : /^\d{1,9}$/.test(text));
  });
  if (!isGood) return null;
  const credits = (name: keyof Limits) => (texts[name].trim() === "" ? null : texts[name].trim());
  const calls = (name: keyof Limits) => (texts[name].trim() === "" ? null : Number(texts[name]));
  return {
    credits_per_day: credits("credits_per_day"),
    credits_per_month: credits("credits_per_month"),
    credits_total: credits("credits_total"),
    calls_per_minute: calls("calls_per_minute"),
    calls_per_hour: calls("calls_per_hour"),
    running: calls("running"),
  };
}

type FieldsProps = {
  readonly texts: LimitTexts;
  readonly onChange: (texts: LimitTexts) => void;
  readonly error: Error | null;
  /** Where the API finds them in the body: "limits." for a key's. */
  readonly at?: string;
};

export function LimitFields({ texts, onChange, error, at = "" }: FieldsProps) {
  return (
    <div className="limit-fields">
      {LIMIT_NAMES.map((name) => (
        <Field
          key={name}
          label={LIMIT_WORDS[name]}
          value={texts[name]}
          onChange={(text) => onChange({ ...texts, [name]: text })}
          mode={isOfCredits(name) ? "decimal" : "numeric"}
          maxLength={LONGEST}
          fault={faultAt(error, `${at}${name}`)}
        />
      ))}
    </div>
  );
}

/** Whether the API said of one of these fields what is wrong with it. */
export function isSaidAtFields(error: Error | null, at = ""): boolean {
  return LIMIT_NAMES.some((name) => faultAt(error, `${at}${name}`) !== null);
}
