// Deleting a session, after a question.

import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAct } from "../../api/ask.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Fault } from "../../parts/states.tsx";

export function DeleteSession({ id }: { readonly id: string }) {
  const [isOpen, setOpen] = useState(false);
  const [, go] = useLocation();
  const remove = useAct("DELETE /sessions/{id}", { refreshes: [["GET /sessions"]], onDone: () => go("/playground") });
  return (
    <>
      <button type="button" className="link" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Delete this session
      </button>
      {isOpen && (
        <Dialog title="Delete this session?" onClose={() => setOpen(false)}>
          <div className="form">
            <p>Its messages are gone from here for good. What its turns were charged stays in the ledger.</p>
            {remove.error !== null && <Fault error={remove.error} />}
            <p className="buttons">
              <button
                type="button"
                className="button"
                disabled={remove.isPending}
                onClick={() => remove.mutate({ given: { path: { id } } })}
              >
                Delete it
              </button>
              <button type="button" className="button button-quiet" onClick={() => setOpen(false)}>
                Keep it
              </button>
            </p>
          </div>
        </Dialog>
      )}
    </>
  );
}
