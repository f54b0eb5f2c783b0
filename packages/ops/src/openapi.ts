// `npm run openapi`: writes docs/openapi.json from the validators and descriptions of every function's routes; with --check it only
// says whether the file is current. What a route takes and answers is said where the route stands.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generateSpecs } from "hono-openapi";
import { readConfig, VERSION } from "@pantheon/core/config/config.ts";
import { applications, createDeps } from "@pantheon/functions/whole.ts";
import type { Log } from "@pantheon/core/log.ts";

const HELP = `Usage: npm run openapi [-- --check]

Writes docs/openapi.json. --check writes nothing and ends with 1 when the file is not what the code says.`;

const FILE = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));

const HEAD = {
  openapi: "3.1.0",
  info: {
    title: "Pantheon",
    version: VERSION,
    description:
      "Prepaid credits for LLM turns. Amounts are exact decimals in strings, times are RFC 3339 in UTC, and every refusal is a problem " +
      "document (RFC 9457) whose `code` is for programs. Every answer carries `X-Request-Id` and `Pantheon-Version`.",
  },
  security: [{ bearer: [] }],
};

const SECURITY_SCHEMES = { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } };

const silent: Log = { info() {}, warn() {}, error() {}, count() {} };

try {
  const { values } = parseArgs({
    options: { check: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) console.log(HELP);
  else if (values.check) await check();
  else await writeFile(FILE, await documentText());
} catch (error) {
  console.error(`openapi: ${error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error)}`);
  process.exitCode = 1;
}

async function check(): Promise<void> {
  const committed = await readFile(FILE, "utf8").catch(() => "");
  if (committed !== (await documentText())) throw new Error("docs/openapi.json is stale; npm run openapi writes it anew");
}

/** The whole document: every function's routes under one head, paths in the order of their names. */
async function documentText(): Promise<string> {
  const parts = await Promise.all(
    everyFunction().map((app) => generateSpecs(app, { defaultValidationErrorResponse: false, excludeStaticFile: false })),
  );
  const paths = byName(parts.flatMap((part) => Object.entries(part.paths)));
  for (const [address, path] of Object.entries(paths)) {
    if (address.startsWith("/webhooks/")) continue; // takes whatever its signature is right for, and says itself what it refuses
    for (const operation of [path.post, path.put, path.patch, path.delete]) {
      if (operation) operation.responses = { ...bodyRefusals(), ...operation.responses };
    }
  }
  const schemas = byName(parts.flatMap((part) => Object.entries(part.components.schemas ?? {})));
  return `${JSON.stringify({ ...HEAD, paths, components: { securitySchemes: SECURITY_SCHEMES, schemas } }, null, 2)}\n`;
}

/** The applications as they are deployed, on a configuration that reaches nobody: nothing connects before a request is answered. */
function everyFunction() {
  const config = readConfig({ DATABASE_URL: "postgres://nowhere.invalid/none", AUTH_ISSUER: "https://nowhere.invalid" });
  const deps = createDeps({ config, log: silent, clock: Date.now, maxConnections: 1 });
  return Object.values(applications(deps));
}

/** What every write may answer to a body, also one that takes none. */
function bodyRefusals() {
  const refusals = {
    400: "The body is not JSON in UTF-8",
    413: "The body is too large",
    415: "The content type is not application/json, or the body is encoded",
  };
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(Object.entries(refusals).map(([status, description]) => [status, { description, content }] as const));
}

/** A record with its entries in the order of their names, by code unit: the same on every machine. */
function byName<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
