// Recorded responses made stable: what differs from run to run (ids, times, days, secrets, the build) is put in a fixed form, and nothing
// else. The same id stays the same wherever it stands.

/** A function that makes values stable; it remembers the ids that it has met. */
export function stabiliser(): (value: unknown) => unknown {
  const ids = new Map<string, string>();
  const numbered = (found: string, make: (number: string) => string): string => {
    if (!ids.has(found)) ids.set(found, make(String(ids.size + 1)));
    return ids.get(found) ?? "";
  };
  const stableText = (text: string): string =>
    text
      .replaceAll(UUID, (found) => numbered(found, (number) => `01990000-0000-7000-8000-${number.padStart(12, "0")}`))
      .replaceAll(INTENT, (found) => numbered(found, (number) => `pi_${number.padStart(4, "0")}`))
      .replaceAll(TIME, "2026-11-20T10:00:00.000Z")
      .replaceAll(DAY_OF_RUN, "2026-11-20")
      .replaceAll(THIRTY_DAYS, "2026-10-22");
  const stable = (value: unknown, name = ""): unknown => {
    if (typeof value === "string") return FIXED[name] ?? stableText(value);
    if (Array.isArray(value)) return value.map((item) => stable(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, stable(inner, member)]));
  };
  return (value) => stable(value);
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const INTENT = /\bpi_[A-Za-z0-9]+/g;
const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g;
const DAY_MS = 86_400_000;
const dayAgo = (days: number) => new RegExp(new Date(Date.now() - days * DAY_MS).toISOString().slice(0, "YYYY-MM-DD".length), "g");
const DAY_OF_RUN = dayAgo(0);
/** The first of the 30 days that end with it. */
const THIRTY_DAYS = dayAgo(29);

/** Members that name the build, and a secret: always these. */
const FIXED: Readonly<Record<string, string>> = {
  client_secret: "pi_0001_secret_0001",
  commit: "3f9d2c17a5b84e60912c7d4e8a6b5f0312345678",
  migration_head: "20261120_0027_maintenance_runs",
  expected_migration_head: "20261120_0027_maintenance_runs",
  url: "https://pantheon-files.s3.example/files/01990000-0000-7000-8000-000000000001?X-Amz-Signature=…",
  key: "pan_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj",
  prefix: "pan_AAECAwQF",
  next_cursor: "ZXhhbXBsZS1jdXJzb3I",
};
