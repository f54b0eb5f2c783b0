// Giving a key a new text, with time to bring it to whoever has the old one.

import { useState } from "preact/hooks";
import { useAct } from "../../api/ask.ts";
import type { ApiKey, MadeKey } from "../../api/shapes.ts";
import { Choice } from "../../parts/choice.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Fault } from "../../parts/states.tsx";
import { KeyText } from "./key-text.tsx";

const OVERLAPS = [
  ["0", "At once"],
  ["3600", "An hour"],
  ["86400", "A day"],
  ["604800", "A week"],
] as const;

export function RotateKeyDialog({ apiKey: { id, name }, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number][0]>("3600");
  const [made, setMade] = useState<MadeKey | null>(null);
  const rotate = useAct("POST /users/me/keys/{id}/rotate", { refreshes: [["GET /users/me/keys"]], onDone: setMade });
  return (
    <Dialog title={made === null ? `Rotate ${name}` : `The new text of ${name}`} onClose={onClose}>
      {made === null ? (
        <div className="form">
          <p>The key gets a new text. The text that it has now ends:</p>
          <Choice label="The text of now ends" options={OVERLAPS} value={overlap} onChange={setOverlap} />
          {rotate.error !== null && <Fault error={rotate.error} />}
          <p>
            <button
              type="button"
              className="button"
              disabled={rotate.isPending}
              onClick={() => rotate.mutate({ given: { path: { id }, body: { overlap_seconds: Number(overlap) } } })}
            >
              {rotate.isPending ? "Rotating" : "Rotate it"}
            </button>
          </p>
        </div>
      ) : (
        <KeyText text={made.key} />
      )}
    </Dialog>
  );
}
