// API keys on the wire: by which programs act for a person.

import * as v from "valibot";
import { LimitsPut, LimitValues } from "./limits.ts";
import { Decimal, Id, named, OpaqueId, page, PAGE_ENTRIES, text, Time } from "./wire.ts";

const KEY_ENTRIES = {
  id: v.string(),
  name: v.string(),
  prefix: v.pipe(v.string(), v.description("How the key begins.")),
  models: v.pipe(v.nullable(v.array(v.string())), v.description("The model aliases that it may use; null is any.")),
  limits: v.pipe(v.nullable(LimitValues), v.description("Beside those of its owner; null is none.")),
  expires_at: v.nullable(Time),
  revoked_at: v.nullable(Time),
  former_until: v.pipe(v.nullable(Time), v.description("Until when the key before the last rotation is good too.")),
  acts_for_others: v.pipe(v.boolean(), v.description("It may name the person whose credits a hold is of. An admin says so.")),
  books_usage: v.pipe(v.boolean(), v.description("It may book usage after the fact. An admin says so.")),
  spent: v.pipe(Decimal, v.description("Credits that its calls were charged.")),
  last_used_on: v.pipe(v.nullable(v.string()), v.description("The last day (UTC) on which a call of it was answered.")),
  created_at: Time,
};

export const ApiKey = named("ApiKey", "An API key, without the key itself: that was shown once.", v.object(KEY_ENTRIES));

export const ApiKeyMade = named(
  "ApiKeyMade",
  "A key that was made now. Keep `key`: nobody can show it again.",
  v.object({
    ...KEY_ENTRIES,
    key: v.pipe(
      v.nullable(v.string()),
      v.description("The key itself, `pan_` and 48 characters; null when this repeats a response, since it is stored nowhere."),
    ),
  }),
);

/** Anybody's key, for admins. */
export const AdminApiKey = named("AdminApiKey", "Somebody's API key.", v.object({ ...KEY_ENTRIES, user_id: v.string() }));

const TIME_RULE = "must be a time in RFC 3339";

const Moment = v.pipe(
  v.string(),
  v.check((value) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.test(value) && isMoment(value), TIME_RULE),
  v.transform((value) => new Date(value)),
  v.metadata({ type: "string", format: "date-time", description: "When the key ends, RFC 3339, in the future." }),
);

/** A time that exists, in a year that the database can keep. */
function isMoment(value: string): boolean {
  const time = Date.parse(value);
  const day = Date.parse(`${value.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(day).toISOString().startsWith(value.slice(0, 10)) && time < Date.UTC(9999, 11, 31);
}

const Models = v.pipe(
  v.array(text(1, 64)),
  v.minLength(1, "must name 1 to 50 aliases"),
  v.maxLength(50, "must name 1 to 50 aliases"),
  v.check((names) => new Set(names).size === names.length, "must name each alias once"),
);

export const ApiKeyCreate = named(
  "ApiKeyCreate",
  "A new API key.",
  v.strictObject({
    name: text(1, 100),
    expires_at: v.optional(v.nullable(Moment), null),
    models: v.optional(v.nullable(Models), null),
    limits: v.optional(v.nullable(LimitsPut), null),
  }),
);

export const ApiKeyPatch = named(
  "ApiKeyPatch",
  "What changes of a key, at least one member; the rest stays. It binds the next call.",
  v.pipe(
    v.strictObject({
      name: v.optional(text(1, 100)),
      expires_at: v.optional(v.nullable(Moment)),
      models: v.optional(v.nullable(Models)),
      limits: v.optional(v.nullable(LimitsPut)),
    }),
    v.check((patch) => Object.keys(patch).length > 0, "must change something"),
    v.metadata({ minProperties: 1 }),
  ),
);

export const ApiKeyRights = named(
  "ApiKeyRights",
  "What a key may do beside its owner's own, at least one member; the rest stays. It binds the next request.",
  v.pipe(
    v.strictObject({ acts_for_others: v.optional(v.boolean()), books_usage: v.optional(v.boolean()) }),
    v.check((rights) => Object.keys(rights).length > 0, "must change something"),
    v.metadata({ minProperties: 1 }),
  ),
);

const MOST_OVERLAP_SECONDS = 7 * 24 * 3_600;
const OVERLAP_RULE = `must be a whole number from 0 to ${MOST_OVERLAP_SECONDS}`;

export const ApiKeyRotate = named(
  "ApiKeyRotate",
  "How long the key before stays good beside the new one.",
  v.strictObject({
    overlap_seconds: v.optional(
      v.pipe(v.number(OVERLAP_RULE), v.integer(OVERLAP_RULE), v.minValue(0, OVERLAP_RULE), v.maxValue(MOST_OVERLAP_SECONDS, OVERLAP_RULE)),
      3_600,
    ),
  }),
);

export const ApiKeyPath = v.strictObject({ key_id: Id });
export const AdminKeysQuery = v.strictObject({ ...PAGE_ENTRIES, user_id: v.optional(OpaqueId) });

export const ApiKeyList = named("ApiKeyList", "A page of API keys, newest first.", page("keys", ApiKey));
export const AdminApiKeyList = named("AdminApiKeyList", "A page of everybody's API keys, newest first.", page("keys", AdminApiKey));
