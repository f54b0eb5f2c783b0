// Deleting a file of a session, after a question.

import { useState } from "preact/hooks";
import { useAct } from "../../api/ask.ts";
import type { SessionFile } from "../../api/shapes.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Fault } from "../../parts/states.tsx";

type DeleteProps = { readonly session: string; readonly file: Pick<SessionFile, "id" | "filename"> };

export function DeleteFile({ session, file: { id: file, filename } }: DeleteProps) {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  const remove = useAct("DELETE /sessions/{id}/files/{file}", { refreshes: [["GET /sessions/{id}/files"]], onDone: close });
  return (
    <>
      <button type="button" className="link" aria-haspopup="dialog" aria-label={`Delete ${filename}`} onClick={() => setOpen(true)}>
        Delete
      </button>
      {isOpen && (
        <Dialog title={`Delete ${filename}?`} onClose={close}>
          <div className="form">
            <p>The file and its text are gone for good. What the model said of it stays.</p>
            {remove.error !== null && <Fault error={remove.error} />}
            <p className="buttons">
              <button
                type="button"
                className="button"
                disabled={remove.isPending}
                onClick={() => remove.mutate({ given: { path: { id: session, file } } })}
              >
                Delete the file
              </button>
              <button type="button" className="button button-quiet" onClick={close}>
                Keep it
              </button>
            </p>
          </div>
        </Dialog>
      )}
    </>
  );
}
