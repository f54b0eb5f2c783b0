// A new pricing version, copied from the active one. It prices nothing until it is made active.

import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAct } from "../../api/ask.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { faultAt, Field } from "../../parts/field.tsx";
import { lastDays } from "../../parts/days.ts";
import { Fault } from "../../parts/states.tsx";
import { PRICES_CHANGE } from "./changes.ts";

export function NewVersionDialog({ onClose }: { readonly onClose: () => void }) {
  const [version, setVersion] = useState("");
  const [label, setLabel] = useState("");
  const [date, setDate] = useState(() => lastDays(1)[0] ?? "");
  const [, go] = useLocation();
  const create = useAct("POST /admin/pricing/versions", {
    refreshes: PRICES_CHANGE,
    onDone: (made) => go(`/operator/prices/${encodeURIComponent(made.version)}`),
  });
  return (
    <Dialog title="New version" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ given: { body: { version, label, effective_date: date } } });
        }}
      >
        <Field
          label="Name"
          value={version}
          onChange={setVersion}
          required
          maxLength={64}
          fault={faultAt(create.error, "version")}
          hint="Letters, digits, dots, underscores and hyphens; it stands on every receipt."
        />
        <Field label="Label" value={label} onChange={setLabel} required maxLength={64} fault={faultAt(create.error, "label")} />
        <Field
          label="Effective from"
          type="date"
          value={date}
          onChange={setDate}
          required
          fault={faultAt(create.error, "effective_date")}
        />
        {create.error !== null && <Fault error={create.error} />}
        <p>
          <button className="button" disabled={create.isPending}>
            {create.isPending ? "Copying" : "Copy the active version"}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
