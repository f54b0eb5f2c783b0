// `npm run token`: prints one token of the local world and nothing else, so that it can stand in a command substitution.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { readLocalConfig } from "@pantheon/ops/place.ts";
import { createIssuer } from "@pantheon/stand-ins/issuer.ts";
import { refuseForeignHome } from "@pantheon/stand-ins/postgres/home.ts";

const HELP = `Usage: npm run --silent token -- --user ID [--admin] [--email ADDRESS]

Prints a token for the local world that npm start serves. --admin also makes this user an admin there.`;

const AUDIENCE = "authenticated";

try {
  const { values } = parseArgs({
    options: {
      user: { type: "string" },
      admin: { type: "boolean", default: false },
      email: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else if (values.user === undefined) throw new Error("--user ID is missing; --help tells more");
  else console.log(await mint(values.user, values));
} catch (error) {
  console.error(`token: ${error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error)}`);
  process.exitCode = 1;
}

async function mint(user: string, { admin, email }: { admin: boolean; email?: string | undefined }): Promise<string> {
  const { home } = readLocalConfig();
  refuseForeignHome(home);
  const issuer = createIssuer({ home, issuerUrl: await issuerUrl(home), audience: AUDIENCE, clock: Date.now });
  const token = await issuer.token({ user, ...(email !== undefined && { email }) });
  if (admin) issuer.addAdmin(user);
  return token;
}

async function issuerUrl(home: string): Promise<string> {
  try {
    return v.parse(v.object({ issuer: v.string() }), JSON.parse(await readFile(join(home, "local.json"), "utf8"))).issuer;
  } catch (cause) {
    throw new Error("there is no local world yet; run npm start first", { cause });
  }
}
