// What each operation of the document is sent so that it succeeds, and what is there to be deleted.

import { givenKey } from "./given-key.ts";
import { givenSession } from "./given.ts";
import { ANNOUNCED, announcedPath, CREATE, DEDUCT, FILE, givenProposal, PATCH, RESOLVE, RUN, STREAM, TOP_UP } from "./openapi-refusals.ts";
import { givenHold, HELD, HOLD } from "./openapi-holds.ts";
import type { TestWorld } from "./world.ts";

export const VERSION = { version: "next", label: "Next", effective_date: "2025-01-01" };

/** The body of a request that succeeds, of every operation that takes one; `{}` of the rest. */
export const BODIES: Readonly<Record<string, object>> = {
  [RUN]: { message: "What is a wallet?" },
  [STREAM]: { message: "What is a wallet?" },
  [PATCH]: { multiplier: "1", pricing_version: "2026-02-20" },
  [CREATE]: VERSION,
  "PATCH /api/v1/admin/settings/enforcement": { enabled: false },
  "PATCH /api/v1/sessions/{session_id}": { title: "Another" },
  "POST /api/v1/users/me/keys": { name: "A program" },
  "PATCH /api/v1/users/me/keys/{key_id}": { name: "Another" },
  "PUT /api/v1/users/me/limits": { running: 50 },
  "PUT /api/v1/admin/users/{user_id}/limits": { calls_per_hour: 1_000 },
  [HOLD]: HELD,
  "POST /api/v1/holds/{hold_id}/settle": { credits: "0.1" },
  "POST /api/v1/holds/{hold_id}/extend": { lease_seconds: 60 },
  "PATCH /api/v1/admin/keys/{key_id}": { books_usage: true },
  [FILE]: ANNOUNCED,
  [TOP_UP]: { amount_usd: 10 },
  [DEDUCT]: { amount: 1, note: "a typo", allow_negative: true },
  [RESOLVE]: { action: "dismiss", note: "refunded" },
  "POST /api/v1/admin/wallets/{user_id}/grant": { amount: 1 },
  "POST /api/v1/admin/users/{user_id}/wallet/grant": { amount: "0.5" },
};

/** The address of a session, a top-up or a key that is there to be deleted, or of another admin's grant that is there to be resolved. */
export async function givenForDeletion(world: TestWorld, path: string): Promise<string> {
  if (path.includes("{proposal_id}")) return path.replace("{proposal_id}", await givenProposal(world));
  if (path.includes("{key_id}")) return path.replace("{key_id}", (await givenKey(world)).id);
  if (path.includes("{hold_id}")) return path.replace("{hold_id}", await givenHold(world));
  if (path.includes("{file_id}")) return announcedPath(world, path);
  if (!path.includes("{top_up_id}")) return path.replace("{session_id}", await givenSession(world));
  const { json } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { body: { amount_usd: "10" } });
  return path.replace("{top_up_id}", json.id);
}
