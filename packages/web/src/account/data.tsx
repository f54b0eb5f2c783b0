// One's own data: having it as a file, and having all that one has said erased, with a word to type before it is done.

import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useAct } from "../api/ask.ts";
import type { ErasedData } from "../api/shapes.ts";
import { count } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Fault } from "../parts/states.tsx";
import { SaveData } from "./save-data.tsx";

export function DataPage() {
  const [isErasing, setErasing] = useState(false);
  return (
    <>
      <PageHead title="Your data" note="What is stored of you, and having it erased." />
      <Section title="Take it with you">
        <p>Everything that is kept of you, as one file: sessions with their turns, usage, the ledger, top-ups, keys, limits.</p>
        <SaveData />
      </Section>
      <Section title="Erase what you have said">
        <p>Your sessions are deleted, with every message, answer, file and title in them. Nobody can bring them back.</p>
        <p className="quiet">
          What was paid, charged and counted stays: the <Link href="/transactions">ledger</Link> is never changed. It has no word of what
          was said.
        </p>
        <p className="more">
          <button type="button" className="button button-quiet" aria-haspopup="dialog" onClick={() => setErasing(true)}>
            Erase what I have said
          </button>
        </p>
      </Section>
      {isErasing && <EraseDialog onClose={() => setErasing(false)} />}
    </>
  );
}

const WORD = "erase";
const CHANGED = [["GET /sessions"], ["GET /sessions/{id}"], ["GET /sessions/{id}/turns"], ["GET /sessions/{id}/files"]];

function EraseDialog({ onClose }: { readonly onClose: () => void }) {
  const [erased, setErased] = useState<ErasedData | null>(null);
  return (
    <Dialog title={erased === null ? "Erase all that you have said?" : "Erased"} onClose={onClose}>
      {erased === null ? <EraseForm onDone={setErased} onClose={onClose} /> : <Erased {...erased} />}
    </Dialog>
  );
}

function EraseForm({ onDone, onClose }: { readonly onDone: (erased: ErasedData) => void; readonly onClose: () => void }) {
  const [word, setWord] = useState("");
  const erase = useAct("DELETE /users/me/data", { refreshes: CHANGED, onDone });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (word.trim() === WORD) erase.mutate({ given: {} });
      }}
    >
      <p>Every session, message, answer and file of yours is erased for good.</p>
      <Field label={`Type "${WORD}" to confirm`} value={word} onChange={setWord} required maxLength={12} />
      {erase.error !== null && <Fault error={erase.error} />}
      <p className="buttons">
        <button className="button" disabled={word.trim() !== WORD || erase.isPending}>
          {erase.isPending ? "Erasing" : "Erase it all"}
        </button>
        <button type="button" className="button button-quiet" onClick={onClose}>
          Keep it
        </button>
      </p>
    </form>
  );
}

function Erased({ sessions, turns, complete }: ErasedData) {
  return (
    <>
      <p className="done" role="status">
        {count(sessions)} {sessions === 1 ? "session" : "sessions"} and {count(turns)} {turns === 1 ? "turn" : "turns"} were erased.
      </p>
      {!complete && <p>Some is erased within the next minutes: a turn that runs, or more than one request can do.</p>}
    </>
  );
}
