// The migration that this build was written for. Health compares it with the database's; a test compares it with the folder.

export const EXPECTED_MIGRATION_HEAD = "20261122_0065_usage_totals";
