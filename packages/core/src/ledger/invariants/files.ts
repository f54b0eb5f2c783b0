// The invariant of files: what counts against a person's quota is what they have.

import { sql } from "kysely";
import type { Invariant } from "./invariant.ts";

export const FILES: readonly Invariant[] = [
  {
    name: "file_usage",
    promise: "what a person's files take of their quota is the sum of those that are not deleted",
    broken: sql`
      select user_id as row from file_usage u
        full join (select user_id, count(*) as files, sum(size_bytes) as bytes
                     from uploaded_files
                    where deleted_at is null
                    group by user_id) f using (user_id)
       where coalesce(u.files, 0) <> coalesce(f.files, 0)
          or coalesce(u.bytes, 0) <> coalesce(f.bytes, 0)`,
  },
];
