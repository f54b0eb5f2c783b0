// The states of a top-up, in words.

import type { TopUpStatus } from "../../api/shapes.ts";

export const STATE: Readonly<Record<TopUpStatus, string>> = {
  created: "started",
  pending: "waits to be paid",
  processing: "the bank is at work",
  succeeded: "paid",
  failed: "declined, can be paid again",
  canceled: "canceled",
  quarantined: "looked at by an operator",
};

/** States in which a card can be tried. */
export const PAYABLE: ReadonlySet<TopUpStatus> = new Set(["created", "pending", "failed"]);
/** States that change without anybody here doing something. */
export const MOVING: ReadonlySet<TopUpStatus> = new Set(["created", "pending", "processing"]);
