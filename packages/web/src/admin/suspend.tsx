// Suspending a person, and letting them go on.

import { useState } from "preact/hooks";
import { useAct } from "../api/ask.ts";
import { Dialog } from "../parts/dialog.tsx";
import { faultAt, Field } from "../parts/field.tsx";
import { Fault } from "../parts/states.tsx";

const WORDS = {
  suspend: {
    title: "Suspend",
    effect: "Every new turn of this person is refused from now on. What runs is finished and charged.",
    done: "Suspended: new turns are refused.",
  },
  reactivate: { title: "Reactivate", effect: "This person can run turns again from now on.", done: "Reactivated: turns run again." },
} as const;

export function SuspendDialog({
  id,
  act,
  onClose,
}: {
  readonly id: string;
  readonly act: keyof typeof WORDS;
  readonly onClose: () => void;
}) {
  const [isDone, setDone] = useState(false);
  const [reason, setReason] = useState("");
  const done = { refreshes: [["GET /admin/actions"], ["GET /admin/users"], ["GET /admin/users/{user_id}"]], onDone: () => setDone(true) };
  const suspend = useAct("POST /admin/users/{user_id}/suspend", done);
  const reactivate = useAct("POST /admin/users/{user_id}/reactivate", done);
  const doing = act === "suspend" ? suspend : reactivate;
  const path = { user_id: id };
  const doIt = () =>
    act === "suspend"
      ? suspend.mutate({ given: { path, ...(reason.trim() !== "" && { body: { reason: reason.trim() } }) } })
      : reactivate.mutate({ given: { path } });
  const { title, effect, done: said } = WORDS[act];
  return (
    <Dialog title={`${title} ${id}`} onClose={onClose}>
      {isDone ? (
        <p className="done" role="status">
          {said}
        </p>
      ) : (
        <div className="form">
          <p>{effect}</p>
          {act === "suspend" && (
            <Field
              label="Reason"
              value={reason}
              onChange={setReason}
              maxLength={256}
              fault={faultAt(doing.error, "reason")}
              hint="The person reads it, too."
            />
          )}
          {doing.error !== null && <Fault error={doing.error} />}
          <p>
            <button type="button" className="button" disabled={doing.isPending} onClick={doIt}>
              {title}
            </button>
          </p>
        </div>
      )}
    </Dialog>
  );
}
