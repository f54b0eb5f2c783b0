// The playground: a conversation with a model, with tokens and credits under every answer.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { ask, useList } from "../../api/ask.ts";
import type { Session } from "../../api/shapes.ts";
import { useDraft } from "../../parts/draft.ts";
import { Moment } from "../../parts/moment.tsx";
import { PageHead } from "../../parts/section.tsx";
import { Asked } from "../../parts/states.tsx";
import { Composer } from "./composer.tsx";
import { useConversation } from "./conversation.ts";
import { DeleteSession } from "./delete-session.tsx";
import { Running, Turns } from "./turns.tsx";

/** Without an id a session that does not exist yet. */
export function PlaygroundPage({ params: { id } }: { readonly params: { readonly id?: string } }) {
  const sessions = useList("GET /sessions", {}, ({ sessions: rows }) => rows);
  const models = [...new Set(["default", ...(sessions.data?.rows ?? []).map((session) => session.model_alias)])];
  return (
    <>
      <PageHead
        title="Playground"
        note="Turns here are charged like any other."
        aside={
          id !== undefined && (
            <Link href="/playground" className="button button-quiet">
              New session
            </Link>
          )
        }
      />
      <div className="playground">
        {id === undefined ? <Talk id={null} model="default" models={models} /> : <Known id={id} models={models} />}
        <nav className="sessions" aria-label="Sessions">
          <h2>Sessions</h2>
          <Asked of={sessions}>
            {({ rows, more }) => (
              <>
                {rows.length === 0 && <p className="quiet">The first message makes one.</p>}
                <ul>
                  {rows.map((session) => (
                    <SessionLink key={session.id} session={session} isHere={session.id === id} />
                  ))}
                </ul>
                {more !== null && (
                  <button type="button" className="link" onClick={more}>
                    Older
                  </button>
                )}
              </>
            )}
          </Asked>
        </nav>
      </div>
    </>
  );
}

function SessionLink({
  session: { id, title, model_alias: model, created_at: time },
  isHere,
}: {
  readonly session: Session;
  readonly isHere: boolean;
}) {
  return (
    <li>
      <Link href={`/playground/${id}`} {...(isHere && { "aria-current": "page" as const })}>
        <span>{title ?? "Untitled"}</span>
        <span className="quiet">
          {model} · <Moment time={time} />
        </span>
      </Link>
    </li>
  );
}

function Known({ id, models }: { readonly id: string; readonly models: readonly string[] }) {
  const session = useQuery(ask("GET /sessions/{id}", { path: { id } }));
  return <Asked of={session}>{({ model_alias: model }) => <Talk id={id} model={model} models={models} />}</Asked>;
}

type TalkProps = { readonly id: string | null; readonly model: string; readonly models: readonly string[] };

function Talk({ id, model: firstModel, models }: TalkProps) {
  const [, go] = useLocation();
  const [text, setText] = useDraft(`message.${id ?? "new"}`);
  const [systemPrompt, setSystemPrompt] = useDraft("system-prompt");
  const [model, setModel] = useState(firstModel);
  const conversation = useConversation(id, (session) => {
    setText("");
    setSystemPrompt("");
    if (id === null) go(`/playground/${session}`);
  });
  const send = () => {
    if (text.trim() !== "" && !conversation.isPending) conversation.mutate({ text, model, systemPrompt });
  };
  return (
    <div>
      {id !== null && <Turns session={id} />}
      {conversation.isPending && <Running message={conversation.variables.text} />}
      <Composer
        {...{ text, setText, model, setModel, models, send }}
        systemPrompt={id === null ? { text: systemPrompt, setText: setSystemPrompt } : null}
        isBusy={conversation.isPending}
        error={conversation.error}
      />
      {id !== null && <DeleteSession id={id} />}
    </div>
  );
}
