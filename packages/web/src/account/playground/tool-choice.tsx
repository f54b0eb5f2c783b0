// What the model of a session may use: chosen before it begins, and changed at any time.

import { useAct } from "../../api/ask.ts";
import { TOOLS, type Tool } from "../../api/shapes.ts";
import { Fault } from "../../parts/states.tsx";
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

/** Those of a session that exists: a change binds its next turn. */
export function SessionTools({ session, tools }: { readonly session: string; readonly tools: readonly Tool[] }) {
  const change = useAct("PATCH /sessions/{id}", { refreshes: [["GET /sessions/{id}"]] });
  const asked = change.isPending ? (change.variables.given.body.tools ?? tools) : tools;
  return (
    <>
      <ToolChoice
        tools={asked}
        isDisabled={change.isPending}
        onChange={(next) => change.mutate({ given: { path: { id: session }, body: { tools: next } } })}
      />
      {change.error !== null && <Fault error={change.error} />}
    </>
  );
}
