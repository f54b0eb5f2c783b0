// Giving a session another title.

import { useState } from "preact/hooks";
import { useAct } from "../../api/ask.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { faultAt, Field } from "../../parts/field.tsx";
import { Fault } from "../../parts/states.tsx";

export function RenameSession({ id, title }: { readonly id: string; readonly title: string | null }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="link" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Rename this session
      </button>
      {isOpen && (
        <Dialog title="Rename this session" onClose={() => setOpen(false)}>
          <RenameForm id={id} before={title ?? ""} onDone={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}

function RenameForm({ id, before, onDone }: { readonly id: string; readonly before: string; readonly onDone: () => void }) {
  const [title, setTitle] = useState(before);
  const rename = useAct("PATCH /sessions/{id}", { refreshes: [["GET /sessions"], ["GET /sessions/{id}"]], onDone });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        rename.mutate({ given: { path: { id }, body: { title: title.trim() } } });
      }}
    >
      <Field label="Title" value={title} onChange={setTitle} required maxLength={200} fault={faultAt(rename.error, "title")} />
      {rename.error !== null && faultAt(rename.error, "title") === null && <Fault error={rename.error} />}
      <p>
        <button className="button" disabled={rename.isPending || title.trim() === "" || title.trim() === before}>
          {rename.isPending ? "Renaming" : "Rename"}
        </button>
      </p>
    </form>
  );
}
