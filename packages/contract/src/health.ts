// The health of a function on the wire (contract section 10).

import * as v from "valibot";
import { DATABASE_ROLES, HEALTH_STATES, JOB_OUTCOMES, JOBS } from "./vocabulary.ts";
import { named, Time } from "./wire.ts";

export const MaintenanceRun = named(
  "MaintenanceRun",
  "The last run of a scheduled job, and the commit that ran it.",
  v.object({ job: v.picklist(JOBS), commit: v.string(), finished_at: Time, outcome: v.picklist(JOB_OUTCOMES) }),
);

export const Health = named(
  "Health",
  "Which build a function is, and whether the database is the one it was written for. `drift`: it is ahead, as it is while a deploy runs. Of a stage with a build token, whoever does not send it is told the status alone.",
  v.object({
    status: v.picklist(HEALTH_STATES),
    function: v.optional(v.string()),
    stage: v.optional(v.string()),
    version: v.optional(v.string()),
    commit: v.optional(v.string()),
    migration_head: v.optional(v.string()),
    expected_migration_head: v.optional(v.string()),
    revision: v.optional(v.string()),
    database_role: v.optional(
      v.pipe(
        v.picklist(DATABASE_ROLES),
        v.description("`application`: what was booked cannot be changed by this function. `owner`: it connects as somebody who could."),
      ),
    ),
    maintenance: v.optional(v.array(MaintenanceRun)),
  }),
);
