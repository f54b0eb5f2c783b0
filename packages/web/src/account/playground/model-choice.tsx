// Which model answers, and what its tokens cost.

import { useQuery } from "@tanstack/preact-query";
import { useId } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import type { Model } from "../../api/shapes.ts";
import { count, usd } from "../../money/amount.tsx";

type ChoiceProps = { readonly value: string; readonly onChange: (model: string) => void };

/** A model that is not for sale any more stays to be seen, as long as it is the one that is chosen. */
export function ModelChoice({ value, onChange }: ChoiceProps) {
  const id = useId();
  const models = useQuery(ask("GET /models", {}));
  const all = models.data?.models ?? [];
  const chosen = all.find((model) => model.model_alias === value);
  const names = chosen === undefined ? [value, ...all.map(nameOf)] : all.map(nameOf);
  return (
    <div className="field">
      <label htmlFor={id}>Model</label>
      <select
        id={id}
        className="field-input"
        value={value}
        aria-describedby={`${id}-price`}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <p id={`${id}-price`} className="quiet small">
        {chosen === undefined ? models.data === undefined ? " " : "Not for sale now" : <Price model={chosen} />}
      </p>
    </div>
  );
}

function Price({ model: { prices, context_window: tokens } }: { readonly model: Model }) {
  const { input_tokens_fresh: fresh, input_tokens_cached: cached, output_tokens: output } = prices;
  return (
    <>
      ≈ {usd(fresh.usd)} in, {usd(cached.usd)} cached, {usd(output.usd)} out for a million tokens; {count(tokens)} fit
    </>
  );
}

function nameOf({ model_alias: name }: Model): string {
  return name;
}
