// What was said, and under every answer what it took: tokens by class, credits, the balance afterwards.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useList } from "../../api/ask.ts";
import type { Turn } from "../../api/shapes.ts";
import { Asked, Empty } from "../../parts/states.tsx";
import { TurnFoot } from "./turn-foot.tsx";
import { TurnReceipt } from "./turn-receipt.tsx";

const LOOK_MS = 1_500;

type TurnsProps = {
  readonly session: string;
  /** The turn that is shown elsewhere while it is answered. */
  readonly live: string | null;
  /** Asks for another answer to a turn's message; null while something is answered. */
  readonly replace: ((turn: Turn) => void) | null;
};

export function Turns({ session, live, replace }: TurnsProps) {
  const list = useList("GET /sessions/{id}/turns", { path: { id: session }, query: { texts: "whole" } }, ({ turns }) => turns, 50);
  const [receipt, setReceipt] = useState<string | null>(null);
  const isRunning = list.data?.rows.some(({ id, status }) => status === "running" && id !== live) === true;
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => void list.refetch(), LOOK_MS);
    return () => clearInterval(timer);
  }, [isRunning, list.refetch]);
  return (
    <Asked of={list} lines={6}>
      {({ rows, more, isLoadingMore }) => (
        <>
          {more !== null && (
            <p>
              <button type="button" className="link" disabled={isLoadingMore} onClick={more}>
                Earlier turns
              </button>
            </p>
          )}
          {rows.length === 0 && live === null && <Empty title="Nothing was said yet." />}
          <Said turns={rows.filter(({ id }) => id !== live).toReversed()} replace={replace} onReceipt={setReceipt} />
          {receipt !== null && <TurnReceipt id={receipt} onClose={() => setReceipt(null)} />}
        </>
      )}
    </Asked>
  );
}

type SaidProps = {
  readonly turns: readonly Turn[];
  readonly replace: TurnsProps["replace"];
  readonly onReceipt: (turn: string) => void;
};

/** The newest answer can be asked for again; one that was stays, with what it was charged. */
function Said({ turns, replace, onReceipt }: SaidProps) {
  if (turns.length === 0) return null;
  const replaced = new Set(turns.filter(({ status }) => status === "completed").map((turn) => turn.replaces));
  const newest = turns.findLast(({ status }) => status === "completed");
  return (
    <ol className="turns">
      {turns.map((turn) => (
        <One key={turn.id} turn={turn} isReplaced={replaced.has(turn.id)}>
          <TurnFoot
            turn={turn}
            onReceipt={() => onReceipt(turn.id)}
            replace={turn === newest && replace !== null ? () => replace(turn) : null}
          />
        </One>
      ))}
    </ol>
  );
}

type OneProps = { readonly turn: Turn; readonly isReplaced: boolean; readonly children: ComponentChildren };

function One({ turn, isReplaced, children }: OneProps) {
  return (
    <li className={isReplaced ? "turn turn-replaced" : "turn"}>
      <p className="turn-asked">
        <span className="hidden">You: </span>
        {turn.user_input}
      </p>
      {turn.assistant_output !== null && (
        <p className="turn-answer">
          <span className="hidden">{turn.model_alias_used}: </span>
          {turn.assistant_output}
        </p>
      )}
      {turn.status === "running" && <p className="quiet">The model is answering.</p>}
      {turn.status === "failed" && <p className="fault-says">This turn failed. Nothing was charged.</p>}
      {isReplaced && <p className="quiet small">Answered again below: the model is not shown this one any more.</p>}
      {children}
    </li>
  );
}
