// What admins look through on the wire (contract section 5): the audit, top-ups, anybody's turns.

import * as v from "valibot";
import { Receipt, TOP_UP_ENTRIES } from "./account.ts";
import { RESOLUTIONS, REVERSAL_KINDS, TOP_UP_STATES, TURN_STATES } from "./vocabulary.ts";
import { Count, DAY_ENTRIES, Decimal, named, OpaqueId, page, PAGE_ENTRIES, text, Time } from "./wire.ts";

const Values = v.nullable(v.record(v.string(), v.unknown()));

export const AdminAction = named(
  "AdminAction",
  "What an admin did: the row is written by the statement that makes the change.",
  v.object({
    id: v.string(),
    admin_id: v.string(),
    action: v.string(),
    target: v.string(),
    before: Values,
    after: Values,
    request_id: v.nullable(v.string()),
    created_at: Time,
  }),
);

export const ActionsQuery = v.strictObject({
  ...PAGE_ENTRIES,
  ...DAY_ENTRIES,
  admin_id: v.optional(OpaqueId),
  target: v.pipe(v.optional(text(1, 320)), v.description("What was changed, as the rows say it.")),
  user_id: v.pipe(v.optional(OpaqueId), v.description("Whom it was done to: the person, their wallet or their top-ups.")),
});

export const AdminRead = named(
  "AdminRead",
  "What an admin read of somebody. Written before it was answered.",
  v.object({
    id: v.string(),
    admin_id: v.string(),
    operation: v.pipe(v.string(), v.description("The address under `/api/v1/admin/`, without its ids.")),
    target: v.pipe(v.nullable(v.string()), v.description("A person, or a turn; null for everybody's.")),
    request_id: v.string(),
    created_at: Time,
  }),
);

export const ReadsQuery = v.strictObject({
  ...PAGE_ENTRIES,
  ...DAY_ENTRIES,
  admin_id: v.optional(OpaqueId),
  user_id: v.pipe(v.optional(OpaqueId), v.description("Whose data was read; their turns among it.")),
});

export const ReadList = named("ReadList", "What admins read, newest first.", page("reads", AdminRead));

export const TopUpsQuery = v.strictObject({
  ...PAGE_ENTRIES,
  ...DAY_ENTRIES,
  status: v.optional(v.picklist(TOP_UP_STATES)),
  user_id: v.optional(OpaqueId),
  admin_id: v.pipe(v.optional(OpaqueId), v.description("The admin who resolved it.")),
});

export const AdminTopUp = named(
  "AdminTopUp",
  "Anybody's top-up; one that was set aside with its reason, what was received in the smallest unit of its currency, and what became of it.",
  v.object({
    ...TOP_UP_ENTRIES,
    user_id: v.string(),
    payment_intent: v.nullable(v.string()),
    livemode: v.nullable(v.boolean()),
    quarantine_reason: v.nullable(v.string()),
    received_minor: v.nullable(Decimal),
    received_currency: v.nullable(v.string()),
    resolution: v.nullable(v.picklist(RESOLUTIONS)),
    resolved_by: v.nullable(v.string()),
    resolved_at: v.nullable(Time),
    resolution_note: v.nullable(v.string()),
  }),
);

export const ReversalsQuery = v.strictObject({
  ...PAGE_ENTRIES,
  ...DAY_ENTRIES,
  kind: v.optional(v.picklist(REVERSAL_KINDS)),
  user_id: v.optional(OpaqueId),
});

export const AdminReversal = named(
  "AdminReversal",
  "A refund or a dispute as Stripe told of it. `state` is Stripe's word; `credits_taken` is what it takes as it stands now.",
  v.object({
    id: v.string(),
    payment_intent: v.string(),
    top_up_id: v.pipe(v.nullable(v.string()), v.description("Null while no top-up is known for the payment.")),
    user_id: v.nullable(v.string()),
    livemode: v.nullable(v.boolean()),
    kind: v.picklist(REVERSAL_KINDS),
    state: v.string(),
    amount_minor: v.pipe(v.string(), v.description("In the smallest unit of `currency`.")),
    currency: v.string(),
    credits_taken: Decimal,
    created_at: Time,
    updated_at: Time,
  }),
);

export const AdminReversalList = named(
  "AdminReversalList",
  "A page of refunds and disputes, newest first. `total` counts up to 10 000.",
  page("reversals", AdminReversal),
);

export const AdminTurn = named(
  "AdminTurn",
  "Anybody's turn without what was said in it. What it cost is null until it is completed.",
  v.object({
    id: v.string(),
    user_id: v.string(),
    session_id: v.pipe(v.nullable(v.string()), v.description("Null for a call that belongs to no session.")),
    turn_index: v.nullable(Count),
    status: v.picklist(TURN_STATES),
    failure_code: v.nullable(v.string()),
    model_alias: v.string(),
    provider_model: v.nullable(v.string()),
    pricing_version: v.nullable(v.string()),
    hold: Decimal,
    attempt: Count,
    would_refuse: v.boolean(),
    over_hold: v.boolean(),
    credits_burned: v.nullable(Decimal),
    credits_charged: v.nullable(Decimal),
    created_at: Time,
    completed_at: v.nullable(Time),
  }),
);

export const AdminTurnRead = named(
  "AdminTurnRead",
  "Anybody's turn without what was said in it, and the receipt of its debit; null while nothing was charged.",
  v.object({ turn: AdminTurn, receipt: v.nullable(Receipt) }),
);

export const AdminTurnList = named("AdminTurnList", "A page of somebody's turns, newest first.", page("turns", AdminTurn));

export const ActionList = named("ActionList", "A page of the audit, newest first.", page("actions", AdminAction));
export const AdminTopUpList = named(
  "AdminTopUpList",
  "A page of top-ups, newest first. `total` counts up to 10 000.",
  page("top_ups", AdminTopUp),
);
