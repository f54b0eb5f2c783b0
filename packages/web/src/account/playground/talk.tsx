// One conversation: what was said, what is being answered, and where one writes.

import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import type { Turn } from "../../api/shapes.ts";
import { useDraft } from "../../parts/draft.ts";
import { Composer } from "./composer.tsx";
import { useConversation } from "./conversation.ts";
import { LiveTurn } from "./live-turn.tsx";
import { Turns } from "./turns.tsx";

/** `id` is null for a session that does not exist yet; `model` is the one to begin with. */
export function Talk({ id, model: firstModel }: { readonly id: string | null; readonly model: string }) {
  const [, go] = useLocation();
  const [text, setText] = useDraft(`message.${id ?? "new"}`);
  const [systemPrompt, setSystemPrompt] = useDraft("system-prompt");
  const [model, setModel] = useState(firstModel);
  const { mutate, isPending, variables, error, live, stop } = useConversation(id, (session, { replaces }) => {
    if (replaces === undefined) {
      setText("");
      setSystemPrompt("");
    }
    if (id === null) go(`/playground/${session}`);
  });
  const send = () => {
    if (text.trim() !== "" && !isPending) mutate({ text, model, systemPrompt });
  };
  const again = (other?: string) => {
    if (other !== undefined) setModel(other);
    if (variables !== undefined) mutate({ ...variables, model: other ?? variables.model });
  };
  const replace = ({ id: replaces, user_input: asked }: Turn) => mutate({ text: asked, model, systemPrompt: "", replaces });
  return (
    <>
      {id !== null && <Turns session={id} live={live.turn} replace={isPending ? null : replace} />}
      {isPending && <LiveTurn message={variables.text} live={live} />}
      <Composer
        {...{ text, setText, model, setModel, send, error, again }}
        systemPrompt={id === null ? { text: systemPrompt, setText: setSystemPrompt } : null}
        stop={isPending ? stop : null}
      />
    </>
  );
}
