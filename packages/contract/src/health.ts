// The health of a function on the wire (contract section 10).

import * as v from "valibot";
import { HEALTH_STATES, JOB_OUTCOMES, JOBS } from "./vocabulary.ts";
import { named, Time } from "./wire.ts";

/** What a build says of itself, in health and in its refusals. */
export const BUILD_ENTRIES = { function: v.string(), stage: v.string(), version: v.string(), commit: v.string() };

export const MaintenanceRun = named(
  "MaintenanceRun",
  "The last run of a scheduled job, and the commit that ran it.",
  v.object({ job: v.picklist(JOBS), commit: v.string(), finished_at: Time, outcome: v.picklist(JOB_OUTCOMES) }),
);

export const Health = named(
  "Health",
  "Which build a function is, and whether the database is the one it was written for. `drift`: it is ahead, as it is while a deploy runs.",
  v.object({
    status: v.picklist(HEALTH_STATES),
    ...BUILD_ENTRIES,
    migration_head: v.string(),
    expected_migration_head: v.string(),
    revision: v.string(),
    maintenance: v.array(MaintenanceRun),
  }),
);
