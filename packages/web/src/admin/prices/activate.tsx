// Making a version the active one, in one switch, and only if nobody changed prices or settings since it was looked at.

import { useLocation } from "wouter-preact";
import { useAct } from "../../api/ask.ts";
import { Refused } from "../../api/client.ts";
import { count } from "../../money/amount.tsx";
import { Fault } from "../../parts/states.tsx";
import { PRICES_CHANGE } from "./changes.ts";

type ActivateProps = {
  readonly version: string;
  /** What it was looked at under. */
  readonly revision: string;
  readonly isReady: boolean;
  /** How many warnings its prices carry. */
  readonly warnings: number;
};

export function Activate({ version, revision, isReady, warnings }: ActivateProps) {
  const [, go] = useLocation();
  const activate = useAct("POST /admin/pricing/versions/{version}/activate", {
    refreshes: PRICES_CHANGE,
    onDone: () => go("/operator/prices"),
  });
  const isStale = activate.error instanceof Refused && activate.error.status === 412;
  return (
    <div className="form">
      <p className="quiet">
        {isReady ? "Every turn that begins after it is priced by this version." : "It can be activated when its day has come."}
        {warnings > 0 && ` ${count(warnings)} things to know of its prices stand above.`}
      </p>
      {isStale ? (
        <p className="fault-says" role="alert">
          Somebody changed prices or settings meanwhile. Load this page again, look, and decide anew.
        </p>
      ) : (
        activate.error !== null && <Fault error={activate.error} />
      )}
      <p>
        <button
          type="button"
          className="button"
          disabled={activate.isPending || isStale || !isReady}
          onClick={() => activate.mutate({ given: { path: { version } }, options: { ifRevision: revision } })}
        >
          {activate.isPending ? "Switching" : `Activate ${version}`}
        </button>
      </p>
    </div>
  );
}
