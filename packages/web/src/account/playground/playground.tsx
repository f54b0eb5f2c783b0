// The playground: a conversation with a model, with tokens and credits under every answer.

import { useQuery } from "@tanstack/preact-query";
import { Link } from "wouter-preact";
import { ask, useList } from "../../api/ask.ts";
import type { Session } from "../../api/shapes.ts";
import { Moment } from "../../parts/moment.tsx";
import { PageHead } from "../../parts/section.tsx";
import { Asked } from "../../parts/states.tsx";
import { DeleteSession } from "./delete-session.tsx";
import { RenameSession } from "./rename-session.tsx";
import { Talk } from "./talk.tsx";

/** Without an id a session that does not exist yet. */
export function PlaygroundPage({ params: { id } }: { readonly params: { readonly id?: string } }) {
  const sessions = useList("GET /sessions", {}, ({ sessions: rows }) => rows);
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
        {id === undefined ? (
          <div>
            <Talk id={null} model="default" tools={[]} />
          </div>
        ) : (
          <Known id={id} />
        )}
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

function Known({ id }: { readonly id: string }) {
  const session = useQuery(ask("GET /sessions/{id}", { path: { id } }));
  return (
    <Asked of={session}>
      {({ model_alias: model, title, tools }) => (
        <div>
          <Talk key={id} id={id} model={model} tools={tools} />
          <p className="more session-acts">
            <RenameSession id={id} title={title} /> <DeleteSession id={id} />
          </p>
        </div>
      )}
    </Asked>
  );
}
