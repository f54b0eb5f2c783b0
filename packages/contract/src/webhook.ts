// What Stripe is answered (contract section 6). The events themselves are Stripe's, and are read where they are booked.

import * as v from "valibot";
import { EVENT_OUTCOMES } from "./vocabulary.ts";
import { named } from "./wire.ts";

export const EventHandled = named(
  "EventHandled",
  "What became of an event. `quarantined`: it was set aside for an admin, and granted nothing.",
  v.object({ status: v.picklist(EVENT_OUTCOMES) }),
);
