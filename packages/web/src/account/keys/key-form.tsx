// What somebody says of a key: its name, its last day, the models that it may use.

import { useQuery } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import type { KeyWish, Limits } from "../../api/shapes.ts";
import { isSaidAtFields, LimitFields, limitsOf, textsOf } from "../../limits/limit-fields.tsx";
import { NO_LIMITS } from "../../limits/words.ts";
import { faultAt, Field } from "../../parts/field.tsx";
import { Fault } from "../../parts/states.tsx";

type FormProps = {
  readonly before: KeyWish;
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly onSend: (wish: KeyWish) => void;
  /** What the button says. */
  readonly children: ComponentChildren;
};

/** A key ends with its last day, of UTC; no day: it does not end. */
export function KeyForm({ before, error, isPending, onSend, children }: FormProps) {
  const [name, setName] = useState(before.name);
  const [day, setDay] = useState(before.expires_at?.slice(0, 10) ?? "");
  const [models, setModels] = useState(before.models);
  const [texts, setTexts] = useState(() => textsOf(before.limits ?? NO_LIMITS));
  const limits = limitsOf(texts);
  const isUnsaid =
    error !== null && ["name", "expires_at", "models"].every((path) => faultAt(error, path) === null) && !isSaidAtFields(error, "limits.");
  const isSameDay = day === (before.expires_at?.slice(0, 10) ?? "");
  const ends = isSameDay ? before.expires_at : day === "" ? null : `${day}T23:59:59Z`;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (limits !== null) onSend({ name: name.trim(), expires_at: ends, models, limits: hasAny(limits) ? limits : null });
      }}
    >
      <Field
        label="Name"
        value={name}
        onChange={setName}
        required
        maxLength={100}
        fault={faultAt(error, "name")}
        hint="So that you know it again."
      />
      <Field
        label="Last day"
        type="date"
        value={day}
        onChange={setDay}
        fault={faultAt(error, "expires_at")}
        hint="It ends with this day, of UTC. Left empty, it does not end."
      />
      <Models chosen={models} onChange={setModels} />
      <details className="key-limits" open={before.limits !== null}>
        <summary>Limits of this key</summary>
        <p className="quiet small">Beside your own: of both the lower counts. What is left empty is not limited.</p>
        <LimitFields texts={texts} onChange={setTexts} error={error} at="limits." />
      </details>
      {limits === null && (
        <p className="fault-says" role="alert">
          Credits are numbers with a point, calls and turns are whole ones.
        </p>
      )}
      {isUnsaid && <Fault error={error} />}
      <p>
        <button className="button" disabled={isPending || name.trim() === "" || limits === null}>
          {children}
        </button>
      </p>
    </form>
  );
}

function hasAny(limits: Limits): boolean {
  return Object.values(limits).some((most) => most !== null);
}

type ModelsProps = { readonly chosen: readonly string[] | null; readonly onChange: (models: readonly string[] | null) => void };

/** None ticked is any: also a model that comes later. */
function Models({ chosen, onChange }: ModelsProps) {
  const models = useQuery(ask("GET /models", {}));
  const names = [...new Set([...(chosen ?? []), ...(models.data?.models ?? []).map(({ model_alias: name }) => name)])];
  const toggle = (name: string, isOn: boolean) => {
    const after = isOn ? [...(chosen ?? []), name] : (chosen ?? []).filter((other) => other !== name);
    onChange(after.length === 0 ? null : after);
  };
  return (
    <fieldset className="key-models">
      <legend>Models it may use</legend>
      <p className="quiet small">None ticked: any model.</p>
      {names.map((name) => (
        <label key={name} className="tick">
          <input
            type="checkbox"
            checked={chosen?.includes(name) === true}
            onChange={(event) => toggle(name, event.currentTarget.checked)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
