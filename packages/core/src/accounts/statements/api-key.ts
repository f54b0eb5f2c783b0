// Makes, changes, rotates and revokes an API key, each with its row in the audit. Locks that key alone and no wallet: a turn that holds
// its wallet waits for this, and this waits for no wallet.

import { sql, type RawBuilder } from "kysely";
import { audited, type AdminAction, type AdminWrite } from "../../audit/audited.ts";
import { prepared, type Slots } from "../../db/prepared.ts";

type KeyRow = { body: string };
type Sql = RawBuilder<unknown>;

const at = (time: Sql): Sql => sql`to_char(${time} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The members of a key as the wire has them (api-keys.ts, `apiKeyView`), over `changed`. */
const MEMBERS = sql`
           'id', changed.id,
           'name', changed.name,
           'prefix', changed.prefix,
           'models', changed.models,
           'limits', changed.limits,
           'expires_at', ${at(sql`changed.expires_at`)},
           'revoked_at', ${at(sql`changed.revoked_at`)},
           'former_until', ${at(sql`changed.former_until`)},
           'acts_for_others', changed.acts_for_others,
           'books_usage', changed.books_usage,
           'spent', trim_scale(changed.spent)::text,
           'last_used_on', changed.last_used_on,
           'created_at', ${at(sql`changed.created_at`)}`;

const KEY = sql`json_build_object(${MEMBERS})::text`;
/** Of a key whose text is new: it is added when the response leaves, and never stored. */
const KEY_MADE = sql`json_build_object(${MEMBERS}, 'key', null)::text`;

const KEY_OF = sql`json_build_object(${MEMBERS}, 'user_id', changed.user_id)::text`;

/** What the audit says of a key as it was, and as it is. */
const FORMERLY = described(sql`former`);
const NOW = described(sql`changed`);

function described(key: Sql): Sql {
  return sql`
           jsonb_build_object(
             'user_id', ${key}.user_id,
             'name', ${key}.name,
             'prefix', ${key}.prefix,
             'models', ${key}.models,
             'limits', ${key}.limits,
             'expires_at', ${key}.expires_at,
             'acts_for_others', ${key}.acts_for_others,
             'books_usage', ${key}.books_usage,
             'revoked', ${key}.revoked_at is not null)`;
}

export type CreateApiKeyInput = AdminWrite & {
  id: string;
  name: string;
  prefix: string;
  hash: string;
  models: readonly string[] | null;
  /** JSON, as limits.ts stores it; null for none. */
  limits: string | null;
  expiresAt: Date | null;
  /** How many keys may be good at a time. */
  most: number;
};

/** The actor's key. No row: they have as many as they may. Two at once may both be let in, so it is a bound and no figure. */
export const createApiKey = prepared<CreateApiKeyInput, KeyRow>(
  "create_api_key",
  (slot) => sql`
with
  -- Whoever was never here is somebody from now on.
  person as (
    insert into users (id) values (${slot.actor}::text) on conflict (id) do nothing
  ),
  -- The key, unless there are too many.
  changed as (
    insert into api_keys (id, user_id, name, prefix, hash, models, limits, expires_at)
    select ${slot.id}::uuid, ${slot.actor}::text, ${slot.name}::text, ${slot.prefix}::text,
           ${slot.hash}::text, ${slot.models}::text[], ${slot.limits}::jsonb,
           ${slot.expiresAt}::timestamptz
     where (select count(*)
              from api_keys
             where user_id = ${slot.actor}::text
               and revoked_at is null
               and coalesce(expires_at > clock_timestamp(), true)) < ${slot.most}::int
    returning *
  ),
  ${told(slot, "api_key.create", sql`null::jsonb`, KEY_MADE)}
select ${KEY_MADE} as body from changed`,
);

export type PatchApiKeyInput = AdminWrite & {
  id: string;
  /** Null leaves it. */
  name: string | null;
  setsExpiry: boolean;
  expiresAt: Date | null;
  setsModels: boolean;
  models: readonly string[] | null;
  setsLimits: boolean;
  limits: string | null;
};

/** No row: unknown, not the actor's, or revoked. */
export const patchApiKey = prepared<PatchApiKeyInput, KeyRow>(
  "patch_api_key",
  (slot) => sql`
with
  ${own(slot)},
  -- The key with what is new of it.
  changed as (
    update api_keys
       set name = coalesce(${slot.name}::text, api_keys.name),
           expires_at = case when ${slot.setsExpiry}::boolean
                             then ${slot.expiresAt}::timestamptz else api_keys.expires_at end,
           models = case when ${slot.setsModels}::boolean
                         then ${slot.models}::text[] else api_keys.models end,
           limits = case when ${slot.setsLimits}::boolean
                         then ${slot.limits}::jsonb else api_keys.limits end
      from former
     where api_keys.id = former.id
    returning api_keys.*
  ),
  ${told(slot, "api_key.patch", FORMERLY, KEY)}
select ${KEY} as body from changed`,
);

export type RotateApiKeyInput = AdminWrite & { id: string; prefix: string; hash: string; overlapSeconds: number };

/** A new text for the key; the one before is good for the overlap, and one before that no more. No row: as above. */
export const rotateApiKey = prepared<RotateApiKeyInput, KeyRow>(
  "rotate_api_key",
  (slot) => sql`
with
  ${own(slot)},
  -- The key under its new digest.
  changed as (
    update api_keys
       set hash = ${slot.hash}::text,
           prefix = ${slot.prefix}::text,
           former_hash = former.hash,
           former_until = clock_timestamp() + ${slot.overlapSeconds}::int * interval '1 second'
      from former
     where api_keys.id = former.id
    returning api_keys.*
  ),
  ${told(slot, "api_key.rotate", FORMERLY, KEY_MADE)}
select ${KEY_MADE} as body from changed`,
);

export type RevokeApiKeyInput = AdminWrite & {
  id: string;
  /** Whose key it has to be; null: anybody's. */
  owner: string | null;
};

/** No row: unknown, not theirs, or revoked before. */
export const revokeApiKey = prepared<RevokeApiKeyInput, { id: string }>(
  "revoke_api_key",
  (slot) => sql`
with
  ${own(slot, sql`(${slot.owner}::text is null or user_id = ${slot.owner}::text)`)},
  -- The key, which is good no more.
  changed as (
    update api_keys
       set revoked_at = clock_timestamp()
      from former
     where api_keys.id = former.id
    returning api_keys.*
  ),
  ${told(slot, "api_key.revoke", FORMERLY)}
select id from changed`,
);

export type LetApiKeyInput = AdminWrite & {
  id: string;
  /** Null leaves it. */
  actsForOthers: boolean | null;
  booksUsage: boolean | null;
};

/** By an admin, of anybody's key. No row: unknown, or revoked. The body names its owner, as the admins' list does. */
export const letApiKey = prepared<LetApiKeyInput, KeyRow>(
  "let_api_key",
  (slot) => sql`
with
  ${own(slot, sql`true`)},
  -- The key with what it may do from now on.
  changed as (
    update api_keys
       set acts_for_others = coalesce(${slot.actsForOthers}::boolean, api_keys.acts_for_others),
           books_usage = coalesce(${slot.booksUsage}::boolean, api_keys.books_usage)
      from former
     where api_keys.id = former.id
    returning api_keys.*
  ),
  ${told(slot, "api_key.rights", FORMERLY, KEY_OF)}
select ${KEY_OF} as body from changed`,
);

/** The CTE `former`: the key under its lock, as it was. */
function own(slot: Slots<AdminWrite & { id: string }>, whose: Sql = sql`user_id = ${slot.actor}::text`): Sql {
  return sql`
  -- The key under its lock, if it is there and was not revoked.
  former as (
    select *
      from api_keys
     where id = ${slot.id}::uuid
       and ${whose}
       and revoked_at is null
       for update
  )`;
}

/** The CTEs `audit` and `keyed`, over `changed`; `body` is the stored response. */
function told(slot: Slots<AdminWrite>, action: AdminAction, before: Sql, body?: Sql): Sql {
  const source = before === FORMERLY ? sql`changed, former` : sql`changed`;
  return audited(slot, { action, target: sql`changed.id::text`, before, after: NOW, source, ...(body && { body }) });
}
