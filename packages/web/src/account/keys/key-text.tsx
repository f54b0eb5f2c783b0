// The text of a key, which is shown once: whoever closes it has seen it for the last time.

import { useState } from "preact/hooks";

/** `text` is null when the response that had it was lost on the way. */
export function KeyText({ text }: { readonly text: string | null }) {
  const [isCopied, setCopied] = useState(false);
  if (text === null) return <p>The key is there, but its text was lost on the way here. Rotate it: that gives it a new one.</p>;
  return (
    <div className="form">
      <p>Keep it now: it is stored nowhere, and nobody can show it again.</p>
      <p className="key-text">{text}</p>
      <p className="buttons">
        <button
          type="button"
          className="button"
          onClick={() =>
            void navigator.clipboard.writeText(text).then(
              () => setCopied(true),
              () => setCopied(false),
            )
          }
        >
          Copy it
        </button>
        <span className="quiet" role="status">
          {isCopied && "Copied."}
        </span>
      </p>
    </div>
  );
}
