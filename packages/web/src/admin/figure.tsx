// One figure of a strip: its name, its value, and what says more of it.

import type { ComponentChildren } from "preact";

type FigureProps = {
  readonly name: string;
  readonly note?: ComponentChildren;
  readonly isBad?: boolean;
  readonly children?: ComponentChildren;
};

export function Figure({ name, note, isBad = false, children }: FigureProps) {
  return (
    <div className={isBad ? "figure figure-bad" : "figure"}>
      <dt>{name}</dt>
      <dd className="figure-value">{children ?? <span className="quiet">·</span>}</dd>
      {note !== undefined && <dd className="quiet small">{note}</dd>}
    </div>
  );
}
