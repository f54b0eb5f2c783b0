// What a list is narrowed to, typed: it goes into the address when it is sent.

import { useState } from "preact/hooks";
import { Field } from "./field.tsx";

type FormProps<Name extends string> = {
  readonly fields: readonly (readonly [name: Name, label: string, type?: "text" | "date"])[];
  readonly before: Readonly<Record<Name, string>>;
  readonly onFilter: (some: Record<Name, string>) => void;
};

/** Give it a key of what it began with, so that going back in the browser shows what is filtered by. */
export function FilterForm<Name extends string>({ fields, before, onFilter }: FormProps<Name>) {
  const [texts, setTexts] = useState<Record<Name, string>>(before);
  const isNarrowed = fields.some(([name]) => before[name] !== "");
  return (
    <form
      className="filters more"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onFilter(texts);
      }}
    >
      {fields.map(([name, label, type = "text"]) => (
        <Field
          key={name}
          label={label}
          type={type}
          value={texts[name]}
          onChange={(text) => setTexts({ ...texts, [name]: text })}
          maxLength={320}
        />
      ))}
      <p className="buttons">
        <button className="button">Filter</button>
        {isNarrowed && (
          <button
            type="button"
            className="button button-quiet"
            onClick={() => onFilter(Object.fromEntries(fields.map(([name]) => [name, ""])) as Record<Name, string>)}
          >
            Show all
          </button>
        )}
      </p>
    </form>
  );
}
