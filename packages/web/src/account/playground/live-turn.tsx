// The message that is being answered, with the answer as it comes, and the tools as they are used.

import { count } from "../../money/amount.tsx";
import type { Live } from "./conversation.ts";
import { didWords, doing } from "./tool-words.ts";

export function LiveTurn({ message, live: { text, output, tools } }: { readonly message: string; readonly live: Live }) {
  return (
    <div className="turn more" aria-busy="true">
      <p className="turn-asked">{message}</p>
      {tools.length > 0 && (
        <ul className="turn-tools" aria-label="Tools">
          {tools.map(({ index, name, outcome }) => (
            <li key={index}>{outcome === null ? `${doing(name)} …` : didWords(name, outcome === "success")}</li>
          ))}
        </ul>
      )}
      {text !== "" && <p className="turn-answer turn-coming">{text}</p>}
      <p className="quiet small">
        <span role="status">The model is answering.</span>
        {output !== null && <> {count(output)} tokens out so far.</>}
      </p>
    </div>
  );
}
