// The named moments at which a worker is killed, as one table. They are places on the seams that the product takes as arguments (database,
// catalogue, gateway, Stripe's client, the request itself) and on the wire in front of PostgreSQL; the product's code knows none of them.

/** A moment inside the worker: it kills itself there. `run:NAME:before|after` are the prepared statements by name. */
export type Seam =
  | `run:${string}:${"before" | "after"}`
  | "catalog:before"
  | "catalog:after"
  | "llm:before"
  | "llm:headers"
  | "llm:chunk:1"
  | "llm:chunk:3"
  | "llm:after"
  | "stripe:before"
  | "stripe:after"
  | "query:before"
  | "respond";

/** A moment on the wire: the parent sees the statement and kills the worker before the server does, or after its commit. */
export type Wire = { readonly statement: string; readonly when: "sent" | "committed" };

/** What has to be done for a worker to come by. */
export type Drive =
  | "turn"
  | "stream"
  | "failing turn"
  | "second try"
  | "session"
  | "top-up"
  | "payment"
  | "refund"
  | "grant"
  | "price"
  | "sweep";

export type Failpoint = { readonly name: string; readonly at: Seam | Wire; readonly drive: Drive };

export const FAILPOINTS: readonly Failpoint[] = [
  { name: "validate.done", at: "catalog:before", drive: "turn" },
  { name: "price.snapshot", at: "catalog:after", drive: "turn" },
  { name: "claim.before", at: "run:open_turn:before", drive: "turn" },
  { name: "claim.sent", at: { statement: "open_turn", when: "sent" }, drive: "turn" },
  { name: "claim.committed", at: { statement: "open_turn", when: "committed" }, drive: "turn" },
  { name: "claim.done", at: "run:open_turn:after", drive: "turn" },
  { name: "llm.before", at: "llm:before", drive: "turn" },
  { name: "llm.headers", at: "llm:headers", drive: "turn" },
  { name: "llm.first_chunk", at: "llm:chunk:1", drive: "turn" },
  { name: "llm.mid", at: "llm:chunk:3", drive: "turn" },
  { name: "llm.done", at: "llm:after", drive: "turn" },
  { name: "settle.before", at: "run:settle_turn:before", drive: "turn" },
  { name: "settle.sent", at: { statement: "settle_turn", when: "sent" }, drive: "turn" },
  { name: "settle.committed", at: { statement: "settle_turn", when: "committed" }, drive: "turn" },
  { name: "settle.done", at: "run:settle_turn:after", drive: "turn" },
  { name: "respond.before", at: "respond", drive: "turn" },
  { name: "stream.opened", at: "run:open_turn:after", drive: "stream" },
  { name: "stream.mid", at: "llm:chunk:3", drive: "stream" },
  { name: "renew.before", at: "run:renew_turn:before", drive: "stream" },
  { name: "renew.sent", at: { statement: "renew_turn", when: "sent" }, drive: "stream" },
  { name: "renew.committed", at: { statement: "renew_turn", when: "committed" }, drive: "stream" },
  { name: "stream.settled", at: { statement: "settle_turn", when: "committed" }, drive: "stream" },
  { name: "void.before", at: "run:void_turn:before", drive: "failing turn" },
  { name: "void.committed", at: { statement: "void_turn", when: "committed" }, drive: "failing turn" },
  { name: "reclaim.sent", at: { statement: "reopen_turn", when: "sent" }, drive: "second try" },
  { name: "reclaim.committed", at: { statement: "reopen_turn", when: "committed" }, drive: "second try" },
  { name: "session.committed", at: { statement: "create_session", when: "committed" }, drive: "session" },
  { name: "topup.row", at: "run:start_top_up:after", drive: "top-up" },
  { name: "topup.stripe_sent", at: "stripe:after", drive: "top-up" },
  { name: "topup.attached", at: { statement: "attach_payment", when: "committed" }, drive: "top-up" },
  { name: "webhook.verified", at: "run:grant_payment:before", drive: "payment" },
  { name: "webhook.sent", at: { statement: "grant_payment", when: "sent" }, drive: "payment" },
  { name: "webhook.granted", at: { statement: "grant_payment", when: "committed" }, drive: "payment" },
  { name: "webhook.before_200", at: "respond", drive: "payment" },
  { name: "refund.recorded", at: { statement: "record_reversal", when: "committed" }, drive: "refund" },
  { name: "refund.applied", at: { statement: "apply_reversals", when: "committed" }, drive: "refund" },
  { name: "grant.sent", at: { statement: "admin_grant", when: "sent" }, drive: "grant" },
  { name: "admin.granted", at: { statement: "admin_grant", when: "committed" }, drive: "grant" },
  { name: "price.sent", at: { statement: "patch_price", when: "sent" }, drive: "price" },
  { name: "price.patched", at: { statement: "patch_price", when: "committed" }, drive: "price" },
  { name: "sweep.batch", at: { statement: "sweep_turns", when: "committed" }, drive: "sweep" },
];
