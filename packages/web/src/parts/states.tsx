// What stands where data would: not here yet, nothing there, or a refusal with a way on.

import type { ComponentChildren } from "preact";
import { Refused } from "../api/client.ts";
import { signIn } from "../session/session.ts";

export function Loading({ lines = 3 }: { readonly lines?: number }) {
  return (
    <div className="loading" role="status">
      <span className="hidden">Loading</span>
      {Array.from({ length: lines }, (_none, index) => (
        <div key={index} className="loading-line" />
      ))}
    </div>
  );
}

/** `title` says what is not there; the content is the next step. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div className="empty">
      <p>{title}</p>
      {children !== undefined && <div className="quiet">{children}</div>}
    </div>
  );
}

/** An error with the API's own words, a way to try again, and the request's id for whoever is asked about it. */
export function Fault({ error, again }: { readonly error: Error; readonly again?: () => unknown }) {
  const refusal = error instanceof Refused ? error : null;
  return (
    <div className="fault" role="alert">
      <p className="fault-says">{wordsOf(error)}</p>
      {refusal?.status === 401 ? (
        <button type="button" className="link" onClick={() => void signIn()}>
          Sign in again
        </button>
      ) : (
        again !== undefined && (
          <button type="button" className="link" onClick={() => again()}>
            Try again
          </button>
        )
      )}
      {refusal !== null && refusal.requestId !== null && <p className="fault-request quiet small">Request {refusal.requestId}</p>}
    </div>
  );
}

/** The refusal's sentence, with what is wrong with the input where it says so. */
export function wordsOf(error: Error): string {
  if (!(error instanceof Refused)) return navigator.onLine ? "The API could not be reached." : "You are offline.";
  const faults = error.faults.map(({ path, message }) => `${path} ${message}`).filter((fault) => !error.message.includes(fault));
  return [error.message, ...faults].join(" · ");
}

type Question<Data> = {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
  readonly fetchStatus: string;
};

/** What a question is answered, or the state it is in. What was answered before stays when it is asked again in vain. */
export function Asked<Data>({
  of,
  lines,
  children,
}: {
  readonly of: Question<Data>;
  readonly lines?: number;
  readonly children: (data: Data) => ComponentChildren;
}) {
  if (of.data !== undefined) {
    return (
      <>
        {of.error !== null && <Fault error={of.error} again={of.refetch} />}
        {children(of.data)}
      </>
    );
  }
  if (of.error !== null) return <Fault error={of.error} again={of.refetch} />;
  if (of.fetchStatus === "paused") return <Empty title="You are offline.">This is shown as soon as the network is back.</Empty>;
  return <Loading {...(lines !== undefined && { lines })} />;
}
