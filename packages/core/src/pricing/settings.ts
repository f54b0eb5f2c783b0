// The settings that an admin can change while everything runs: whether enforcement is on, and where that comes from.

import type * as v from "valibot";
import type { Enforcement, Settings } from "@pantheon/contract/admin.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { once, type ActingAdmin, type WrittenResponse } from "../audit/once.ts";
import { setEnforcement as SET_ENFORCEMENT } from "./statements/set-enforcement.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { format } from "@pantheon/contract/money.ts";

type Defaults = Pick<Config, "enforcementDefault" | "lowBalanceThreshold">;

/** The settings in force, of one moment. */
export async function readSettings(db: Database, defaults: Defaults): Promise<v.InferInput<typeof Settings>> {
  const row = await db.query
    .selectFrom("runtime_settings as s")
    .innerJoin("pricing_versions as v", (join) => join.on("v.is_active", "=", true))
    .select(["s.revision", "s.enforcement_override", "v.version"])
    .executeTakeFirst();
  if (!row) throw new DomainError("not_configured", "No pricing version is active.");
  const { enforcement_enabled, source } = enforcement(row.enforcement_override, defaults);
  return {
    enforcement_enabled,
    enforcement_source: source,
    low_balance_threshold: format(defaults.lowBalanceThreshold),
    pricing_version: row.version,
    revision: row.revision,
  };
}

/** Sets the override, or takes it away (null): then the stage's default counts again. Binds the very next turn in every container. */
export async function overrideEnforcement(
  db: Database,
  by: ActingAdmin,
  enabled: boolean | null,
  defaults: Defaults,
): Promise<WrittenResponse> {
  return once(db, by, () => ({
    status: 200,
    body: enforcement(enabled, defaults),
    run: (kept) => db.run(SET_ENFORCEMENT, { ...kept, enabled }),
  }));
}

function enforcement(override: boolean | null, { enforcementDefault }: Defaults): v.InferInput<typeof Enforcement> {
  return override === null
    ? { enforcement_enabled: enforcementDefault, source: "config" }
    : { enforcement_enabled: override, source: "override" };
}
