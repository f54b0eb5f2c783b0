// Opens a call without a session: key, enforcement, hold and price revision in one statement, as for a turn (open-turn.ts), and runs it
// again under its key.

import { prepared } from "../../db/prepared.ts";
import { brought, type BroughtInput } from "./brought.ts";
import type { GateInput, GateRow } from "./gate.ts";
import { opening, type OpenTurnInput } from "./open-turn.ts";
import { reopening } from "./reopen-turn.ts";

export type ReopenCallInput = Omit<GateInput, "session"> & BroughtInput;
export type OpenCallInput = Omit<OpenTurnInput, "session"> & BroughtInput;

/** Locks the wallet, then writes the call and raises what is held. 23505 on `turns_key` is another request with this key. */
export const openCall = prepared<OpenCallInput, GateRow>("open_call", (slot) => opening(slot, { brought: brought(slot) }));

/** As `reopenTurn`, of a call. */
export const reopenCall = prepared<ReopenCallInput, GateRow>("reopen_call", (slot) => reopening(slot, { brought: brought(slot) }));
