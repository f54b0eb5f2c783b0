// What the function `turns` keeps: what runs turns.

export { turnsDeps, warmTurns, type TurnsDeps } from "../turn-deps.ts";
