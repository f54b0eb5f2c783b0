// Opens a hold: a turn whose model runs elsewhere. Key, enforcement, limits and price revision in one statement, as for a turn
// (open-turn.ts); and runs it again under its key.

import { sql } from "kysely";
import { prepared, type Slots } from "../../db/prepared.ts";
import type { GateInput, GateRow } from "./gate.ts";
import { opening, type Kind, type OpenTurnInput } from "./open-turn.ts";
import { reopening } from "./reopen-turn.ts";
import { stated, type StatedInput } from "./stated.ts";

type HoldSlots = StatedInput & {
  /** A TurnOrigin. */
  origin: string;
  /** JSON, an object of texts; or null. */
  metadata: string | null;
};

export type ReopenHoldInput = Omit<GateInput, "session"> & HoldSlots;
export type OpenHoldInput = Omit<OpenTurnInput, "session"> & HoldSlots;

/** Locks the wallet, then writes the hold and raises what is held. 23505 on `turns_key` is another request with this key. */
export const openHold = prepared<OpenHoldInput, GateRow>("open_hold", (slot) => opening(slot, kind(slot)));

/** As `reopenTurn`, of a hold. */
export const reopenHold = prepared<ReopenHoldInput, GateRow>("reopen_hold", (slot) => reopening(slot, kind(slot)));

/** What a hold has that no turn of a session has. Its opening is answered, so its commit waits for the disk. */
function kind(slot: Slots<ReopenHoldInput>): Kind {
  return {
    brought: stated(slot),
    held: sql`hold.credits`,
    isAnswered: true,
    columns: [
      ["origin", sql`${slot.origin}::text`],
      ["multiplier", sql`price.multiplier`],
      ["opened_until", sql`(select now from moment) + ${slot.leaseMs}::int * interval '1 millisecond'`],
      ["metadata", sql`${slot.metadata}::jsonb`],
      ["acted_by", sql`${slot.keyOwner}::text`],
    ],
  };
}
