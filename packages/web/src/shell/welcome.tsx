// What somebody sees who is not signed in, at whatever address they came to: they come back to it.

import { useState } from "preact/hooks";
import { PageHead } from "../parts/section.tsx";
import { signIn } from "../session/session.ts";
import { site } from "../session/site.ts";
import { Mark } from "./mark.tsx";

/** `fault` is why the last try to sign in did not work. */
export function Welcome({ fault }: { readonly fault: string | null }) {
  const [said, say] = useState(fault);
  const [isLeaving, setLeaving] = useState(false);
  const leave = () => {
    setLeaving(true);
    signIn().catch(() => {
      setLeaving(false);
      say("The place where one signs in could not be reached. Try again in a moment.");
    });
  };
  return (
    <main className="welcome">
      <Mark />
      <PageHead title="Credits for language models, down to the last token." />
      <p className="quiet">See what you have, what it went on, and the arithmetic behind every charge.</p>
      {said !== null && (
        <p className="fault-says" role="alert">
          {said}
        </p>
      )}
      {site().client_id === null ? (
        <p>Nobody can sign in here yet.</p>
      ) : (
        <p className="buttons">
          <button type="button" className="button" disabled={isLeaving} onClick={leave}>
            Sign in
          </button>
        </p>
      )}
    </main>
  );
}
