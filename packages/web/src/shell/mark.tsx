// The name, with the dome from below and its oculus; and the stage, unless it is the one for everybody.

import { site } from "../session/site.ts";

export function Mark() {
  const { stage } = site();
  return (
    <p className="mark">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="11" className="mark-dome" />
        <circle cx="12" cy="12" r="7.25" className="mark-coffer" />
        <circle cx="12" cy="12" r="3.5" className="mark-oculus" />
      </svg>
      Pantheon
      {stage !== "production" && <span className="mark-stage">{stage}</span>}
    </p>
  );
}
