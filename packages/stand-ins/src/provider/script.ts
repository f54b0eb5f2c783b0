// What a user's message tells the stand-in model to do with its tools, line by line, so that a test or a tour says what is called:
//
//   call NAME ARGUMENTS   calls this tool with these arguments, whatever they are
//   say TEXT              says this before the calls of the same step
//   then                  ends a step: what follows is done once the calls before it were answered
//
// A message without such lines calls nothing. Pure.

import type { ChatMessage } from "./chat-request.ts";

export type ScriptedStep = { readonly text: string; readonly calls: readonly { readonly name: string; readonly arguments: string }[] };

/** The step that is due: one for each answer that the model has given to this message. Null when there is none, or no script at all. */
export function dueStep(messages: readonly ChatMessage[]): ScriptedStep | null {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const answered = messages.slice(asked + 1).filter(({ role }) => role === "assistant").length;
  const step = stepsOf(messages[asked]?.content ?? "")[answered];
  return step === undefined || step.calls.length === 0 ? null : step;
}

function stepsOf(script: string): ScriptedStep[] {
  return script.split(/^then$/m).map((lines) => ({
    text: [...lines.matchAll(/^say (.*)$/gm)].map(([, text = ""]) => text).join("\n"),
    calls: [...lines.matchAll(/^call (\S+) ?(.*)$/gm)].map(([, name = "", given = ""]) => ({ name, arguments: given })),
  }));
}
