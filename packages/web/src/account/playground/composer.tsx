// Where one writes: Enter sends, Shift and Enter begin a new line.

import { useId } from "preact/hooks";
import { Link } from "wouter-preact";
import { Refused } from "../../api/client.ts";
import { Field } from "../../parts/field.tsx";
import { Fault } from "../../parts/states.tsx";

type Text = { readonly text: string; readonly setText: (text: string) => void };

type ComposerProps = Text & {
  readonly model: string;
  readonly setModel: (model: string) => void;
  readonly models: readonly string[];
  /** Null once the session exists: then it can no longer be changed. */
  readonly systemPrompt: Text | null;
  readonly send: () => void;
  readonly isBusy: boolean;
  readonly error: Error | null;
};

export function Composer({ text, setText, model, setModel, models, systemPrompt, send, isBusy, error }: ComposerProps) {
  const isPoor = error instanceof Refused && error.code === "insufficient_credits";
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {error !== null && <Fault error={error} again={send} />}
      {isPoor && (
        <p>
          <Link href="/top-up">Top up your wallet</Link>
        </p>
      )}
      {systemPrompt !== null && (
        <details>
          <summary className="small">Begin with a system prompt</summary>
          <Area label="System prompt" {...systemPrompt} />
        </details>
      )}
      <Area label="Message" text={text} setText={setText} onEnter={send} />
      <div className="field-row">
        <Field label="Model" value={model} onChange={setModel} required maxLength={64} suggestions={models} />
        <button className="button" disabled={isBusy || text.trim() === ""}>
          Send
        </button>
      </div>
    </form>
  );
}

function Area({ label, text, setText, onEnter }: Text & { readonly label: string; readonly onEnter?: () => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="field-input"
        rows={3}
        maxLength={32_000}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (onEnter === undefined || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          onEnter();
        }}
      />
    </div>
  );
}
