// The head of a page, and its parts: a name, what belongs beside the name, and the content.

import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";

type HeadProps = { readonly title: string; readonly note?: ComponentChildren; readonly aside?: ComponentChildren };

/** Names the page, in the window's title too. */
export function PageHead({ title, note, aside }: HeadProps) {
  useEffect(() => {
    document.title = `${title} · Pantheon`;
  }, [title]);
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {note !== undefined && <p className="quiet">{note}</p>}
      </div>
      {aside}
    </div>
  );
}

export function Section({ title, note, aside, children }: HeadProps & { readonly children: ComponentChildren }) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <div className="section-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p className="quiet small">{note}</p>}
        {aside !== undefined && <div className="section-aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}
