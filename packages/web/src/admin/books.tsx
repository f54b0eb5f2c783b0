// Whether the ledger keeps its promises.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import type { Invariant, Reconciliation } from "../api/shapes.ts";
import { count, usd } from "../money/amount.tsx";
import { Section } from "../parts/section.tsx";
import { Asked } from "../parts/states.tsx";

const STALE_MS = 60_000;

/** The verdict and so many of the promises, broken ones first; the others behind a word. */
export function Books({ shown }: { readonly shown: number }) {
  const books = useQuery({ ...ask("GET /admin/reconciliation", {}), staleTime: STALE_MS });
  return (
    <Section
      title="The books"
      note={books.data && `${count(books.data.invariants.length)} promises`}
      aside={
        <button type="button" className="button button-quiet button-small" disabled={books.isFetching} onClick={() => void books.refetch()}>
          {books.isFetching ? "Checking" : "Check now"}
        </button>
      }
    >
      <Asked of={books}>{(data) => <Verdict books={data} shown={shown} />}</Asked>
    </Section>
  );
}

function Verdict({ books, shown }: { readonly books: Reconciliation; readonly shown: number }) {
  const { broken_total: broken, lost_revenue: lost } = books;
  const promises = books.invariants.toSorted((a, b) => b.broken - a.broken);
  return (
    <>
      <p className={broken === 0 ? "verdict done" : "verdict fault-says"}>
        {broken === 0 ? "Every row keeps every promise." : `${count(broken)} rows break a promise.`}
      </p>
      <p className="quiet">
        {lost.answers === 0
          ? "No answer of a model was lost."
          : `${count(lost.answers)} answers that nobody pays for: ${usd(lost.provider_cost_usd)}.`}
        {lost.lapsed_turns > 0 && ` ${count(lost.lapsed_turns)} turns were void after their time was over.`}
      </p>
      <Promises of={promises.slice(0, shown)} />
      {promises.length > shown && (
        <details className="promises small">
          <summary>and {promises.length - shown} more</summary>
          <Promises of={promises.slice(shown)} />
        </details>
      )}
    </>
  );
}

function Promises({ of }: { readonly of: readonly Invariant[] }) {
  return (
    <ul className="promises small">
      {of.map(({ name, promise, broken }) => (
        <li key={name} className={broken === 0 ? "promise" : "promise fault-says"}>
          <span className={broken === 0 ? "done" : ""} aria-hidden="true">
            {broken === 0 ? "✓" : "✗"}
          </span>
          <span>
            {promise}
            {broken > 0 && `: ${count(broken)} rows break it`}
          </span>
        </li>
      ))}
    </ul>
  );
}
