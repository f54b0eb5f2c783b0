// What the function `holds` keeps: what opens turns. It asks no model.

export { turnsDeps as holdsDeps, warmTurns as warmHolds, type TurnsDeps as HoldsDeps } from "../turn-deps.ts";
