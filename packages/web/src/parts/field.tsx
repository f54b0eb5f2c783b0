// A labelled input: its hint, and what is wrong with it, are said with it.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Refused } from "../api/client.ts";

type FieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: ComponentChildren;
  /** What is wrong with the value; said when the API refused it. */
  readonly fault?: string | null;
  readonly mode?: "text" | "decimal" | "numeric";
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly type?: "text" | "date" | "search";
  readonly suggestions?: readonly string[];
};

export function Field({
  label,
  value,
  onChange,
  hint,
  fault = null,
  mode = "text",
  required = false,
  maxLength,
  type = "text",
  suggestions,
}: FieldProps) {
  const id = useId();
  const said = [hint !== undefined && `${id}-hint`, fault !== null && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="field-input"
        type={type}
        value={value}
        inputMode={mode}
        required={required}
        autoComplete="off"
        spellcheck={false}
        {...(maxLength !== undefined && { maxLength })}
        {...(said !== "" && { "aria-describedby": said })}
        {...(fault !== null && { "aria-invalid": true })}
        {...(suggestions !== undefined && { list: `${id}-list` })}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {suggestions !== undefined && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="quiet small">
          {hint}
        </p>
      )}
      {fault !== null && (
        <p id={`${id}-fault`} className="field-fault">
          {fault}
        </p>
      )}
    </div>
  );
}

/** What the API says of this member of the body, if it refused it. */
export function faultAt(error: Error | null, path: string): string | null {
  return error instanceof Refused ? (error.faults.find((fault) => fault.path === path)?.message ?? null) : null;
}
