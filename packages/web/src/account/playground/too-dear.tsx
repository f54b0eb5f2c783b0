// When the credits do not reach: what would do, and the models that would answer now.

import * as v from "valibot";
import { Link } from "wouter-preact";
import { Refused } from "../../api/client.ts";
import { Credits } from "../../money/amount.tsx";

const Figures = v.object({
  available: v.string(),
  hold: v.string(),
  cheaper_aliases: v.array(v.object({ model_alias: v.string(), estimated_cost: v.string() })),
});

type TooDearProps = { readonly error: Error | null; readonly sendWith: (model: string) => void };

/** Nothing for any other error. */
export function TooDear({ error, sendWith }: TooDearProps) {
  if (!(error instanceof Refused) || error.code !== "insufficient_credits") return null;
  const { output: figures, success } = v.safeParse(Figures, error.members);
  return (
    <div className="too-dear">
      {success && (
        <p className="quiet">
          The turn may cost up to <Credits value={figures.hold} /> credits; <Credits value={figures.available} /> are available.
        </p>
      )}
      {success && figures.cheaper_aliases.length > 0 && (
        <>
          <p>These would answer now:</p>
          <ul>
            {figures.cheaper_aliases.map(({ model_alias: model, estimated_cost: cost }) => (
              <li key={model}>
                <button type="button" className="link" onClick={() => sendWith(model)}>
                  Send with {model}
                </button>{" "}
                <span className="quiet">
                  up to <Credits value={cost} /> credits
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <p>
        <Link href="/top-up">Top up your wallet</Link>
      </p>
    </div>
  );
}
