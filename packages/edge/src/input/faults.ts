// How bad input is worded: the place and the rule, never the value that was given.

import * as v from "valibot";
import { DomainError, type InputFault } from "@pantheon/contract/error.ts";

const MAX_FAULTS = 20;
const MAX_NAME = 64;

/** 422 with the places and rules that were broken. */
export function invalidRequest(errors: InputFault[]): DomainError {
  return new DomainError("invalid_request", "The request is not valid.", { errors: errors.slice(0, MAX_FAULTS) });
}

/** Valibot's issues as faults. The path of an unknown property ends with its name, as far as that is printable and short. */
export function faultsOf(issues: readonly v.BaseIssue<unknown>[]): InputFault[] {
  return issues.slice(0, MAX_FAULTS).map((issue) => {
    const steps = issue.path?.map((step) => safeName(String(step.key))) ?? [];
    return { path: steps.filter((step) => step !== "").join("."), message: issue.message };
  });
}

/** The rule behind an issue that brings no text of its own; the library's own text would quote the value. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "strict_object" && issue.expected === "never") return "is not known";
  if (issue.type.endsWith("object") && issue.path?.at(-1)?.origin === "key") return "is required";
  if (issue.type === "integer") return "must be a whole number";
  return issue.expected === null ? "is not valid" : `must be ${inWords(issue.expected)}`;
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "an object",
};

/** What the library expected (`("day" | "week")`, `>=1`), as a person would say it. */
function inWords(expected: string): string {
  const choices = expected
    .replace(/^\((.*)\)$/, "$1")
    .split(" | ")
    .map(inWord);
  const last = choices.pop() ?? "";
  return choices.length === 0 ? last : `${choices.join(", ")} or ${last}`;
}

function inWord(expected: string): string {
  const bound = /^([<>])=(.+)$/.exec(expected);
  if (bound) return `at ${bound[1] === ">" ? "least" : "most"} ${bound[2]}`;
  return WORDS[expected] ?? expected.replace(/^"(.*)"$/, "$1");
}

/** A name that a caller made up, or nothing when it is long or not plain. */
export function safeName(name: string): string {
  return name.length <= MAX_NAME && /^[\x20-\x7e]*$/.test(name) ? name : "";
}
