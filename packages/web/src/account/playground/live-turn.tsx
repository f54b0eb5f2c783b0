// The message that is being answered, with the answer as it comes.

import { count } from "../../money/amount.tsx";
import type { Live } from "./conversation.ts";

export function LiveTurn({ message, live: { text, output } }: { readonly message: string; readonly live: Live }) {
  return (
    <div className="turn more" aria-busy="true">
      <p className="turn-asked">{message}</p>
      {text !== "" && <p className="turn-answer turn-coming">{text}</p>}
      <p className="quiet small">
        <span role="status">The model is answering.</span>
        {output !== null && <> {count(output)} tokens out so far.</>}
      </p>
    </div>
  );
}
