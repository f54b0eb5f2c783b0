// Form-encoded parameters with bracketed names (`metadata[user_id]=ada`, `expand[0]=charge`), and reading them as what they should be.
// Every reader throws the refusal that Stripe would answer.

import { badParameter, StripeRefusal } from "./refusal.ts";

/** Parameters by name; a name with brackets is a form of its own. */
export type Form = ReadonlyMap<string, string | Form>;

type OpenForm = Map<string, string | OpenForm>;

const MAX_DEPTH = 4;

/** Reads a query string or a form body. Throws StripeRefusal for names that make no sense or contradict each other. */
export function readForm(text: string): Form {
  const form: OpenForm = new Map();
  for (const [name, value] of new URLSearchParams(text)) put(form, pathOf(name), value);
  return form;
}

function pathOf(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  const path = [match?.[1] ?? "", ...(match?.[2] ?? "").split(/[[\]]+/).slice(1, -1)];
  if (match === null || path.length > MAX_DEPTH) throw nonsense();
  return name.endsWith("[]") ? [...path.filter((part) => part !== ""), ""] : path;
}

function put(form: OpenForm, [first = "", ...rest]: readonly string[], value: string): void {
  const name = first === "" ? String(form.size) : first; // `list[]=a&list[]=b` counts by itself
  if (rest.length === 0) {
    form.set(name, value);
    return;
  }
  const inner: string | OpenForm = form.get(name) ?? new Map();
  if (typeof inner === "string") throw nonsense();
  form.set(name, inner);
  put(inner, rest, value);
}

function nonsense(): StripeRefusal {
  return new StripeRefusal(400, { type: "invalid_request_error", message: "The parameters cannot be read as a form." }, { unbegun: true });
}

/** Refuses every parameter that is not in the list. `within` is the parameter whose inside this is. */
export function refuseUnknown(form: Form, known: readonly string[], within?: string): void {
  const unknown = [...form.keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const param = within === undefined ? unknown : `${within}[${unknown}]`;
  throw badParameter(param, "parameter_unknown", `The parameter ${param} is not known.`);
}

/** A text, undefined when it is not given. An empty one cannot stand for anything. */
export function textOf(form: Form, name: string): string | undefined {
  const value = form.get(name);
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw badParameter(name, null, `The parameter ${name} must be a text.`);
  if (value === "") throw badParameter(name, "parameter_invalid_empty", `The parameter ${name} must not be empty.`);
  return value;
}

/** What a parameter says, or the refusal that it is missing. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw badParameter(name, "parameter_missing", `The parameter ${name} is missing.`);
  return value;
}

/** An integer of at least `minimum`; plain digits only, no float, no exponent. */
export function integerOf(form: Form, name: string, minimum: number): number | undefined {
  const value = textOf(form, name);
  if (value === undefined) return undefined;
  if (!/^-?[0-9]{1,15}$/.test(value)) throw badParameter(name, "parameter_invalid_integer", `The parameter ${name} must be an integer.`);
  const integer = Number.parseInt(value, 10);
  if (integer < minimum) throw badParameter(name, "parameter_invalid_integer", `The parameter ${name} must be at least ${minimum}.`);
  return integer;
}

export function booleanOf(form: Form, name: string): boolean | undefined {
  const value = textOf(form, name);
  if (value === undefined) return undefined;
  if (value !== "true" && value !== "false") throw badParameter(name, null, `The parameter ${name} must be true or false.`);
  return value === "true";
}

/** One of a few texts. */
export function oneOf<T extends string>(form: Form, name: string, choices: readonly T[]): T | undefined {
  const value = textOf(form, name);
  if (value === undefined) return undefined;
  const choice = choices.find((known) => known === value);
  if (choice === undefined) throw badParameter(name, null, `The parameter ${name} must be one of ${choices.join(", ")}.`);
  return choice;
}

/** The inside of a bracketed parameter, with no other names than these. */
export function insideOf(form: Form, name: string, known: readonly string[]): Form | undefined {
  const value = form.get(name);
  if (value === undefined) return undefined;
  if (typeof value === "string") throw badParameter(name, null, `The parameter ${name} must be an object.`);
  refuseUnknown(value, known, name);
  return value;
}

/** A list of texts. */
export function listOf(form: Form, name: string): string[] | undefined {
  const value = form.get(name);
  if (value === undefined) return undefined;
  const texts = typeof value === "string" ? [] : [...value.values()].filter((entry) => typeof entry === "string");
  if (typeof value === "string" || texts.length < value.size) throw badParameter(name, null, `The parameter ${name} must be an array.`);
  return texts;
}

const METADATA_KEYS = 50;
const METADATA_KEY_LENGTH = 40;
const METADATA_VALUE_LENGTH = 500;

/** Metadata within Stripe's limits. An empty value is a key that is not set. */
export function metadataOf(form: Form): Record<string, string> {
  const value = form.get("metadata");
  if (value === undefined || value === "") return {};
  if (typeof value === "string") throw badParameter("metadata", null, "The metadata must be an object.");
  const entries: [string, string][] = [];
  for (const [key, text] of value) {
    if (typeof text !== "string") throw badParameter(`metadata[${key}]`, null, "A metadata value must be a text.");
    if (key.length > METADATA_KEY_LENGTH) throw badParameter("metadata", null, "A metadata key has at most 40 characters.");
    if (text.length > METADATA_VALUE_LENGTH) throw badParameter(`metadata[${key}]`, null, "A metadata value has at most 500 characters.");
    if (text !== "") entries.push([key, text]);
  }
  if (entries.length > METADATA_KEYS) throw badParameter("metadata", null, "There are at most 50 metadata keys.");
  return Object.fromEntries(entries);
}
