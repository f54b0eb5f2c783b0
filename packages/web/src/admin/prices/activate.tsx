// Making a version the active one, in one switch.

import { useState } from "preact/hooks";
import { useAct } from "../../api/ask.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { Fault } from "../../parts/states.tsx";

export function ActivateDialog({ onClose }: { readonly onClose: () => void }) {
  const [version, setVersion] = useState("");
  return (
    <Dialog title="Activate a version" onClose={onClose}>
      <Field label="Name of the version" value={version} onChange={setVersion} required maxLength={64} />
      <Activate version={version} onDone={onClose} />
    </Dialog>
  );
}

/** The button, and what happens then. */
export function Activate({ version, onDone }: { readonly version: string; readonly onDone: () => void }) {
  const activate = useAct("POST /admin/pricing/versions/{version}/activate", {
    refreshes: [["GET /admin/pricing"], ["GET /admin/actions"]],
    onDone,
  });
  return (
    <div className="form more">
      <p className="quiet">Every turn that begins after it is priced by that version.</p>
      {activate.error !== null && <Fault error={activate.error} />}
      <p>
        <button
          type="button"
          className="button"
          disabled={activate.isPending || version.trim() === ""}
          onClick={() => activate.mutate({ given: { path: { version: version.trim() } } })}
        >
          {activate.isPending ? "Switching" : `Activate ${version.trim()}`}
        </button>
      </p>
    </div>
  );
}
