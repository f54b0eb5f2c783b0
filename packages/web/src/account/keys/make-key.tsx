// Making a key.

import { useState } from "preact/hooks";
import { useAct } from "../../api/ask.ts";
import type { MadeKey } from "../../api/shapes.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { KeyForm } from "./key-form.tsx";
import { KeyText } from "./key-text.tsx";

const NEW = { name: "", expires_at: null, models: null, limits: null };

export function MakeKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const [made, setMade] = useState<MadeKey | null>(null);
  const make = useAct("POST /users/me/keys", { refreshes: [["GET /users/me/keys"]], onDone: setMade });
  return (
    <Dialog title={made === null ? "Make a key" : `The key ${made.name}`} onClose={onClose}>
      {made === null ? (
        <KeyForm before={NEW} error={make.error} isPending={make.isPending} onSend={(body) => make.mutate({ given: { body } })}>
          {make.isPending ? "Making" : "Make it"}
        </KeyForm>
      ) : (
        <KeyText text={made.key} />
      )}
    </Dialog>
  );
}
