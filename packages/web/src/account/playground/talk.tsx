// One conversation: what was said, what is being answered, and where one writes.

import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAct } from "../../api/ask.ts";
import type { Tool, Turn } from "../../api/shapes.ts";
import { moveDraft, useDraft } from "../../parts/draft.ts";
import { Composer } from "./composer.tsx";
import { useConversation } from "./conversation.ts";
import { Files } from "./files.tsx";
import { LiveTurn } from "./live-turn.tsx";
import { newSession } from "./new-session.ts";
import { SessionTools, ToolChoice } from "./tool-choice.tsx";
import { Turns } from "./turns.tsx";

type TalkProps = {
  /** Null for a session that does not exist yet. */
  readonly id: string | null;
  /** The model to begin with: a session's own. */
  readonly model: string;
  readonly tools: readonly Tool[];
};

export function Talk({ id, model: own, tools: ownTools }: TalkProps) {
  const [, go] = useLocation();
  const [text, setText] = useDraft(`message.${id ?? "new"}`);
  const [systemPrompt, setSystemPrompt] = useDraft("system-prompt");
  const [model, setModel] = useState(own);
  const [tools, setTools] = useState(ownTools);
  const beginning = { model, systemPrompt, tools };
  const { mutate, isPending, variables, error, live, stop } = useConversation(id, (session, { replaces }) => {
    if (replaces === undefined) {
      setText("");
      setSystemPrompt("");
    }
    if (id === null) go(`/playground/${session}`);
  });
  const send = () => {
    if (text.trim() !== "" && !isPending) mutate({ text, ...beginning });
  };
  const again = (other?: string) => {
    if (other !== undefined) setModel(other);
    if (variables !== undefined) mutate({ ...variables, model: other ?? variables.model });
  };
  const replace = ({ id: replaces, user_input: asked }: Turn) => mutate({ text: asked, ...beginning, systemPrompt: "", replaces });
  return (
    <>
      {id !== null && <Turns session={id} live={live.turn} replace={isPending ? null : replace} />}
      {isPending && <LiveTurn message={variables.text} live={live} />}
      <Composer
        {...{ text, setText, model, setModel, send, error, again }}
        systemPrompt={id === null ? { text: systemPrompt, setText: setSystemPrompt } : null}
        stop={isPending ? stop : null}
      >
        {id !== null && model !== own && <KeepModel session={id} model={model} own={own} />}
        {id === null ? <ToolChoice tools={tools} onChange={setTools} /> : <SessionTools session={id} tools={ownTools} />}
      </Composer>
      <Files
        session={id}
        begin={(filename, key) => newSession(filename, { ...beginning, tools: [...new Set([...tools, "file_read" as const])] }, key)}
        onBegun={(session) => {
          moveDraft("message.new", `message.${session}`);
          setSystemPrompt("");
          go(`/playground/${session}`);
        }}
      />
    </>
  );
}

type KeepProps = { readonly session: string; readonly model: string; readonly own: string };

/** Another model answers the next message alone, unless it is made the session's. */
function KeepModel({ session, model, own }: KeepProps) {
  const keep = useAct("PATCH /sessions/{id}", { refreshes: [["GET /sessions"], ["GET /sessions/{id}"]] });
  return (
    <p className="quiet small">
      This session's model is {own}; {model} answers here until you leave.{" "}
      <button
        type="button"
        className="link"
        disabled={keep.isPending}
        onClick={() => keep.mutate({ given: { path: { id: session }, body: { model_alias: model } } })}
      >
        Make {model} the session's model
      </button>
      {keep.error !== null && <span className="fault-says"> {keep.error.message}</span>}
    </p>
  );
}
