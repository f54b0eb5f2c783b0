// The API keys of people: made, listed, changed, rotated and revoked by their owner; listed and revoked by an admin. Every change is in
// the audit. A key's text is in none of it: it leaves with the response that made it, and with no repetition of that.

import type * as v from "valibot";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { ApiKey, ApiKeyMade } from "@pantheon/contract/keys.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339, type Clock } from "@pantheon/contract/time.ts";
import { once, type ActingAdmin, type WrittenResponse } from "../audit/once.ts";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import { newKey } from "./api-key.ts";
import { limitsView, storedLimits, type NewLimits, type StoredLimits } from "./limits.ts";
import {
  createApiKey as CREATE_KEY,
  letApiKey as LET_KEY,
  patchApiKey as PATCH_KEY,
  revokeApiKey as REVOKE_KEY,
  rotateApiKey as ROTATE_KEY,
} from "./statements/api-key.ts";

/** Who makes or changes a key, by which request: the audit names both. */
export type Acting = ActingAdmin;

export type ApiKeyRow = {
  id: string;
  user_id: string;
  name: string;
  prefix: string;
  models: string[] | null;
  limits: StoredLimits;
  expires_at: Date | null;
  revoked_at: Date | null;
  former_until: Date | null;
  acts_for_others: boolean;
  books_usage: boolean;
  spent: string;
  last_used_on: string | null;
  created_at: Date;
};

/** How many keys of one person may be good at a time. */
export const MOST_LIVE_KEYS = 100;

type Deps = { readonly db: Database; readonly clock: Clock };
type KeyTerms = { readonly expiresAt: Date | null; readonly models: readonly string[] | null; readonly limits: NewLimits | null };

/** Makes a key. Its text is in the response, unless that is a repetition: then it is null. 409 when there are too many, 422 for an end that has passed. */
export async function createApiKey({ db, clock }: Deps, by: Acting, key: KeyTerms & { readonly name: string }): Promise<WrittenResponse> {
  const made = newKey();
  const answered = await once(db, by, () => {
    refusePast(clock, key.expiresAt);
    return {
      status: 201,
      body: null, // the statement has it
      run: (kept) =>
        db.run(CREATE_KEY, {
          ...kept,
          ...key,
          limits: storedOf(key.limits),
          id: newId(),
          prefix: made.prefix,
          hash: made.hash,
          most: MOST_LIVE_KEYS,
        }),
      refusal: (row) => (row ? null : new DomainError("conflict", `There are ${MOST_LIVE_KEYS} keys already. Revoke one first.`)),
    };
  });
  return withText(answered, made.text);
}

/** Gives a key a new text. The one before stays good for the overlap. 404 for a key that is not the actor's, or was revoked. */
export async function rotateApiKey(db: Database, by: Acting, key: string, overlapSeconds: number): Promise<WrittenResponse> {
  const made = newKey();
  const answered = await once(db, by, () => ({
    status: 200,
    body: null,
    run: (kept) => db.run(ROTATE_KEY, { ...kept, id: key, prefix: made.prefix, hash: made.hash, overlapSeconds }),
    refusal: (row) => (row ? null : keyNotFound()),
  }));
  return withText(answered, made.text);
}

/** What changes of a key: a member that is left out stays, and null clears it. */
export type KeyChange = {
  readonly name?: string | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly models?: readonly string[] | null | undefined;
  readonly limits?: NewLimits | null | undefined;
};

/** Changes a key and answers it as it is then. It binds the next call. 404 for a key that is not the actor's, or was revoked. */
export async function patchApiKey({ db, clock }: Deps, by: Acting, key: string, change: KeyChange): Promise<WrittenResponse> {
  const { name = null, expiresAt, models, limits } = change;
  const answered = await once(db, by, () => {
    refusePast(clock, expiresAt ?? null);
    const kept = {
      setsExpiry: expiresAt !== undefined,
      expiresAt: expiresAt ?? null,
      setsModels: models !== undefined,
      models: models ?? null,
      setsLimits: limits !== undefined,
      limits: storedOf(limits ?? null),
    };
    return {
      status: 200,
      body: null,
      run: (more) => db.run(PATCH_KEY, { ...more, ...kept, id: key, name }),
      refusal: (row) => (row ? null : keyNotFound()),
    };
  });
  return { ...answered, body: JSON.stringify(shown(JSON.parse(answered.body))) };
}

/** Lets a key do what only an admin lets it do, or no more. It binds the next request. 404 for none. */
export async function letApiKey(
  db: Database,
  by: ActingAdmin,
  key: string,
  { actsForOthers = null, booksUsage = null }: { actsForOthers?: boolean | null | undefined; booksUsage?: boolean | null | undefined },
): Promise<WrittenResponse> {
  const answered = await once(db, by, () => ({
    status: 200,
    body: null,
    run: (kept) => db.run(LET_KEY, { ...kept, id: key, actsForOthers, booksUsage }),
    refusal: (row) => (row ? null : keyNotFound()),
  }));
  return { ...answered, body: JSON.stringify(shown(JSON.parse(answered.body))) };
}

/** Revokes a key: the next statement that it reaches refuses it, wherever it runs. `owner` null: anybody's. Calls that run already settle. 404 for none. */
export function revokeApiKey(db: Database, by: Acting, key: string, owner: string | null): Promise<WrittenResponse> {
  return once(db, by, () => ({
    status: 204,
    body: null,
    run: (kept) => db.run(REVOKE_KEY, { ...kept, id: key, owner }),
    refusal: (row) => (row ? null : keyNotFound()),
  }));
}

/** Keys by time and id, newest first, with those that were revoked. `owner` null: everybody's. */
export function listApiKeys(db: Database, owner: string | null): List<ApiKeyRow> {
  return listOf({
    on: db.query,
    rows: db.query
      .selectFrom("api_keys")
      .select(["id", "user_id", "name", "prefix", "models", "limits", "expires_at", "revoked_at", "former_until", "spent", "last_used_on"])
      .select(["acts_for_others", "books_usage", "created_at"])
      .$if(owner !== null, (rows) => rows.where("user_id", "=", owner ?? "")),
    countedTo: 10_000,
  });
}

/** A key as it leaves: everything but the key. */
export function apiKeyView(row: ApiKeyRow): v.InferInput<typeof ApiKey> {
  const { expires_at: expires, revoked_at: revoked, former_until: former } = row;
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    models: row.models,
    limits: row.limits && limitsView(row.limits),
    expires_at: expires && rfc3339(expires),
    revoked_at: revoked && rfc3339(revoked),
    former_until: former && rfc3339(former),
    acts_for_others: row.acts_for_others,
    books_usage: row.books_usage,
    spent: format(amount(row.spent)),
    last_used_on: row.last_used_on,
    created_at: rfc3339(row.created_at),
  };
}

/** A key as a statement tells of it: its limits are those of its row. */
type Told = Omit<v.InferInput<typeof ApiKey>, "limits"> & { readonly limits: StoredLimits };

/** The stored response has no key in it, and so has none of its repetitions. */
function withText(answered: WrittenResponse, text: string): WrittenResponse {
  const made: Told & { readonly key: null } = JSON.parse(answered.body);
  invariant(made.key === null, "a key is stored nowhere");
  const body: v.InferInput<typeof ApiKeyMade> = { ...shown(made), key: answered.replayed ? null : text };
  return { ...answered, body: JSON.stringify(body) };
}

/** A key as a statement tells of it, with its limits as they leave. */
function shown(told: Told): v.InferInput<typeof ApiKey> {
  return { ...told, limits: told.limits && limitsView(told.limits) };
}

function storedOf(limits: NewLimits | null): string | null {
  return limits && storedLimits(limits);
}

function refusePast(clock: Clock, end: Date | null): void {
  if (end === null || end.getTime() > clock()) return;
  const errors = [{ path: "expires_at", message: "must lie in the future" }];
  throw new DomainError("invalid_request", "The request is not valid.", { errors });
}

function keyNotFound(): DomainError {
  return new DomainError("not_found", "API key not found.");
}
