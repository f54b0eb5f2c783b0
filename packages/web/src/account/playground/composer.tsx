// Where one writes: Enter sends, Shift and Enter begin a new line.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Fault } from "../../parts/states.tsx";
import { ModelChoice } from "./model-choice.tsx";
import { TooDear } from "./too-dear.tsx";

type Text = { readonly text: string; readonly setText: (text: string) => void };

type ComposerProps = Text & {
  readonly model: string;
  readonly setModel: (model: string) => void;
  /** Null once the session exists: then it can no longer be changed here. */
  readonly systemPrompt: Text | null;
  readonly send: () => void;
  /** Null while nothing is answered. */
  readonly stop: (() => void) | null;
  readonly error: Error | null;
  /** Sends again what was refused, also with another model. */
  readonly again: (model?: string) => void;
  /** What belongs to the session: its tools, its files. */
  readonly children?: ComponentChildren;
};

export function Composer({ text, setText, model, setModel, systemPrompt, send, stop, error, again, children }: ComposerProps) {
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {error !== null && <Fault error={error} again={() => again()} />}
      <TooDear error={error} sendWith={again} />
      {systemPrompt !== null && (
        <details>
          <summary className="small">Begin with a system prompt</summary>
          <Area label="System prompt" {...systemPrompt} />
        </details>
      )}
      <Area label="Message" text={text} setText={setText} onEnter={send} />
      <div className="field-row">
        <ModelChoice value={model} onChange={setModel} />
        {stop === null ? (
          <button className="button" disabled={text.trim() === ""}>
            Send
          </button>
        ) : (
          <button type="button" className="button" onClick={stop}>
            Stop
          </button>
        )}
      </div>
      {children}
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
