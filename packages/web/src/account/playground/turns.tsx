// What was said, and under every answer what it took: tokens by class, credits, the balance afterwards.

import { useList } from "../../api/ask.ts";
import type { Turn } from "../../api/shapes.ts";
import { count, Credits } from "../../money/amount.tsx";
import { Asked, Empty } from "../../parts/states.tsx";

export function Turns({ session }: { readonly session: string }) {
  const list = useList("GET /sessions/{id}/turns", { path: { id: session } }, ({ turns }) => turns, 50);
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
          {rows.length === 0 ? (
            <Empty title="Nothing was said yet." />
          ) : (
            <ol className="turns">
              {rows.toReversed().map((turn) => (
                <One key={turn.id} turn={turn} />
              ))}
            </ol>
          )}
        </>
      )}
    </Asked>
  );
}

/** The message that is being answered. */
export function Running({ message }: { readonly message: string }) {
  return (
    <div className="turn more">
      <p className="turn-asked">{message}</p>
      <p className="quiet" role="status">
        The model is answering.
      </p>
    </div>
  );
}

function One({ turn }: { readonly turn: Turn }) {
  return (
    <li className="turn">
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
      <Foot turn={turn} />
    </li>
  );
}

function Foot({ turn: { model_alias_used: model, usage, credits_charged: charged, balance_after: balance } }: { readonly turn: Turn }) {
  return (
    <p className="turn-foot">
      <span>{model}</span>
      {usage !== null && (
        <span>
          {count(usage.input_tokens_fresh)} fresh · {count(usage.input_tokens_cached)} cached · {count(usage.output_tokens)} out
          {usage.estimated && " · estimated"}
        </span>
      )}
      {charged !== null && (
        <span>
          <Credits value={charged} /> credits
        </span>
      )}
      {balance !== null && (
        <span>
          balance <Credits value={balance} />
        </span>
      )}
    </p>
  );
}
