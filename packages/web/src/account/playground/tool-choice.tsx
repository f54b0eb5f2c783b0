// What the model of a session may use.

import { TOOLS, type Tool } from "../../api/shapes.ts";
import { MAY } from "./tool-words.ts";

type ChoiceProps = { readonly tools: readonly Tool[]; readonly onChange: (tools: readonly Tool[]) => void; readonly isDisabled?: boolean };

export function ToolChoice({ tools, onChange, isDisabled = false }: ChoiceProps) {
  return (
    <fieldset className="tool-choice" disabled={isDisabled}>
      <legend>The model may</legend>
      {TOOLS.map((tool) => (
        <label key={tool} className="tick">
          <input
            type="checkbox"
            checked={tools.includes(tool)}
            onChange={(event) => onChange(TOOLS.filter((one) => (one === tool ? event.currentTarget.checked : tools.includes(one))))}
          />
          <span>{MAY[tool]}</span>
        </label>
      ))}
    </fieldset>
  );
}
