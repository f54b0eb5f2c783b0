// What a turn took, how it ended, and what can be done with it.

import { Link } from "wouter-preact";
import type { Turn } from "../../api/shapes.ts";
import { count, Credits } from "../../money/amount.tsx";
import { didWords } from "./tool-words.ts";

type FootProps = {
  readonly turn: Turn;
  readonly onReceipt: () => void;
  /** Null where another answer cannot be asked for. */
  readonly replace: (() => void) | null;
};

export function TurnFoot({ turn, onReceipt, replace }: FootProps) {
  const { model_alias_used: model, usage, credits_charged: charged, balance_after: balance, tool_calls: tools } = turn;
  return (
    <>
      <Ending turn={turn} />
      <p className="turn-foot">
        <span>{model}</span>
        {usage !== null && (
          <span>
            {count(usage.input_tokens_fresh)} fresh · {count(usage.input_tokens_cached)} cached · {count(usage.output_tokens)} out
            {usage.estimated && " · estimated"}
          </span>
        )}
        {tools.length > 0 && <span>{tools.map(({ tool_name: tool, status }) => didWords(tool, status === "success")).join(" · ")}</span>}
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
        {charged !== null && (
          <button type="button" className="link" aria-haspopup="dialog" onClick={onReceipt}>
            Receipt
          </button>
        )}
        {replace !== null && (
          <button type="button" className="link" onClick={replace}>
            Answer again
          </button>
        )}
      </p>
    </>
  );
}

/** An answer that is not simply over says why it ends where it ends. */
function Ending({ turn: { finish_reason: reason, max_output_tokens: limit } }: { readonly turn: Turn }) {
  const tokens = limit === undefined ? "" : ` of ${count(limit)} tokens`;
  switch (reason) {
    case "budget":
      return (
        <p className="turn-ending">
          The answer ends here because this is what your wallet affords. <Link href="/top-up">Top up</Link>
        </p>
      );
    case "length":
      return <p className="turn-ending">The answer ends here because it reached its limit{tokens}.</p>;
    case "content_filter":
      return <p className="turn-ending">The provider ended the answer here.</p>;
    case "cut":
      return <p className="turn-ending">The answer broke off here. Only what came was charged.</p>;
    default:
      return null;
  }
}
