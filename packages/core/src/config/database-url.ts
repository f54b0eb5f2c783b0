// Where a database address leads, and what it says of TLS. Off this machine TLS is required and the server's certificate verified: a
// network in between could otherwise read and change every statement.

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const VERIFIED = new Set(["verify-full", "require"]);
/** Parameters by which an address could lead elsewhere, or have its certificate taken unseen. */
const TLS_ELSEWHERE = ["ssl", "uselibpqcompat", "host", "hostaddr"];

/** Whether the database is on this machine: only then may the connection be plain. */
export function isLoopbackDatabase(url: string): boolean {
  const { hostname, searchParams } = new URL(url);
  return LOOPBACK.has(hostname) && !TLS_ELSEWHERE.some((name) => searchParams.has(name));
}

/** Whether the address leaves TLS as strict as it must be. One on this machine may say what it likes. */
export function isSafeDatabaseUrl(url: string): boolean {
  if (!URL.canParse(url)) return true; // another rule says that it is no address
  if (isLoopbackDatabase(url)) return true;
  const { searchParams } = new URL(url);
  const modes = searchParams.getAll("sslmode");
  return modes.every((mode) => VERIFIED.has(mode)) && !TLS_ELSEWHERE.some((name) => searchParams.has(name));
}

/** The address as a driver must be given it: off this machine it demands TLS with a verified certificate, whatever its defaults are. */
export function securedDatabaseUrl(url: string): string {
  if (isLoopbackDatabase(url)) return url;
  const secured = new URL(url);
  for (const name of TLS_ELSEWHERE) secured.searchParams.delete(name);
  secured.searchParams.set("sslmode", "verify-full");
  return secured.href;
}
