// Bodies of requests that succeed, for the document's test.

import { ANNOUNCED, CREATE, DEDUCT, FILE, PATCH, RESOLVE, RUN, STREAM, TOP_UP } from "./openapi-refusals.ts";

export const VERSION = { version: "next", label: "Next", effective_date: "2025-01-01" };

/** The body of a request that succeeds, of every operation that takes one; `{}` of the rest. */
export const BODIES: Readonly<Record<string, object>> = {
  [RUN]: { message: "What is a wallet?" },
  [STREAM]: { message: "What is a wallet?" },
  [PATCH]: { multiplier: "1", pricing_version: "2026-02-20" },
  [CREATE]: VERSION,
  "PATCH /api/v1/admin/settings/enforcement": { enabled: false },
  "PATCH /api/v1/sessions/{session_id}": { title: "Another" },
  [FILE]: ANNOUNCED,
  [TOP_UP]: { amount_usd: 10 },
  [DEDUCT]: { amount: 1, note: "a typo", allow_negative: true },
  [RESOLVE]: { action: "dismiss", note: "refunded" },
  "POST /api/v1/admin/wallets/{user_id}/grant": { amount: 1 },
  "POST /api/v1/admin/users/{user_id}/wallet/grant": { amount: "0.5" },
};
