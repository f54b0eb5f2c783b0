// Setting limits: what is left empty is not limited.

import { useState } from "preact/hooks";
import type { Limits } from "../api/shapes.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Fault } from "../parts/states.tsx";
import { isSaidAtFields, LimitFields, limitsOf, textsOf } from "./limit-fields.tsx";

type DialogProps = {
  readonly title: string;
  readonly note: string;
  readonly before: Limits;
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly onSend: (limits: Limits) => void;
  readonly onClose: () => void;
};

export function LimitsDialog({ title, note, before, error, isPending, onSend, onClose }: DialogProps) {
  const [texts, setTexts] = useState(() => textsOf(before));
  const limits = limitsOf(texts);
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (limits !== null) onSend(limits);
        }}
      >
        <p>{note}</p>
        <LimitFields texts={texts} onChange={setTexts} error={error} />
        {limits === null && (
          <p className="fault-says" role="alert">
            Credits are numbers with a point, calls and turns are whole ones.
          </p>
        )}
        {error !== null && !isSaidAtFields(error) && <Fault error={error} />}
        <p>
          <button className="button" disabled={isPending || limits === null}>
            {isPending ? "Setting" : "Set the limits"}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
