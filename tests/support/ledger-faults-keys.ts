// The faults of API keys and of files (ledger-faults.ts): what a key has spent, whose calls name it, and what files take of a quota.

import { sql, type RawBuilder } from "kysely";
import type { Fault } from "./ledger-faults-audit.ts";

/** A key of this person that has spent so much. */
function key(id: string, user: string, spent: string): RawBuilder<unknown> {
  return sql`
    insert into api_keys (id, user_id, name, prefix, hash, spent)
    values (${id}::uuid, ${user}, 'n', 'pan_AAAAAAAA', repeat('0', 64), ${spent}::numeric)`;
}

const ID = "00000000-0000-7000-8000-000000000001";
const ANY_TURN = sql`select min(turn_id::text)::uuid from llm_call_events where user_id = 'ada'`;

export const KEY_FAULTS: readonly Fault[] = [
  ["key", "a key that has spent what no call was charged", () => [key(ID, "ada", "1")]],
  [
    "key",
    "a call that names another key than its turn",
    () => [key(ID, "ada", "0"), sql`update turns set api_key_id = ${ID}::uuid where id = (${ANY_TURN})`],
  ],
  [
    "key",
    "calls with a key that nobody has",
    () => [
      sql`update turns set api_key_id = ${ID}::uuid where id = (${ANY_TURN})`,
      sql`update llm_call_events set api_key_id = ${ID} where turn_id = (${ANY_TURN})`,
    ],
  ],
  [
    "key",
    "calls of one person with another's key",
    () => [
      sql`insert into api_keys (id, user_id, name, prefix, hash, spent)
        select ${ID}::uuid, 'bob', 'n', 'pan_AAAAAAAA', repeat('0', 64), sum(credits_charged)
          from llm_call_events where turn_id = (${ANY_TURN})`,
      sql`update turns set api_key_id = ${ID}::uuid where id = (${ANY_TURN})`,
      sql`update llm_call_events set api_key_id = ${ID} where turn_id = (${ANY_TURN})`,
    ],
  ],
];

export const FILE_FAULTS: readonly Fault[] = [
  ["file_usage", "a quota that counts a file that is not there", () => [sql`insert into file_usage values ('ada', 1, 0)`]],
  ["file_usage", "a quota that counts bytes of no file", () => [sql`insert into file_usage values ('ada', 0, 5)`]],
  [
    "file_usage",
    "a file that counts against nothing",
    () => [
      sql`
    insert into uploaded_files (user_id, session_id, filename, mime_type, size_bytes, storage_key, arrives_until)
    select user_id, id, 'f', 'text/plain', 5, 'k', now() from sessions where user_id = 'ada' limit 1`,
    ],
  ],
];
