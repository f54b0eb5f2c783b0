// What the function `completions` keeps: what runs turns.

export { turnsDeps as completionsDeps, warmTurns as warmCompletions, type TurnsDeps as CompletionsDeps } from "../turn-deps.ts";
