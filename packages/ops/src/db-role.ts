// `npm run db:role`: makes the login that the application connects with, or sets it right. The owner does it, once for a database and
// whenever the password changes.

import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { addressOf, giveLogin, LoginRefused, type Login } from "@pantheon/core/db/app-login.ts";
import { explain, OWNERS_DATABASE } from "./explain.ts";
import { databaseUrlOf, localEnvironment } from "./place.ts";

const HELP = `Usage: npm run db:role [-- --new NAME]

Makes the login of DATABASE_POOL_URL (its user and password) on the database of MIGRATION_DATABASE_URL, the owner's direct address: a
member of the role pantheon_app, which migrations made and gave its rights, with its limits of time. May be run again.

  --new NAME   a login of this name with a new password, and nothing is printed but the address of DATABASE_POOL_URL with it`;

try {
  const { values } = parseArgs({ options: { new: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) console.log(HELP);
  else await give(values.new);
} catch (error) {
  console.error(`db:role: ${explain(error, OWNERS_DATABASE).replaceAll("\n", "; ")}`);
  process.exitCode = 1;
}

async function give(name: string | undefined): Promise<void> {
  const environment = localEnvironment();
  const [owner, pooled] = [databaseUrlOf(environment, "MIGRATION_DATABASE_URL"), databaseUrlOf(environment, "DATABASE_POOL_URL")];
  const login = name === undefined ? loginOf(pooled) : { user: name, password: randomBytes(32).toString("base64url") };
  await giveLogin(owner, login);
  console.log(name === undefined ? `${login.user} may do what the application does, and no more` : addressOf(pooled, login));
}

function loginOf(address: string): Login {
  const { username, password } = new URL(address);
  if (username === "" || password === "") throw new LoginRefused("DATABASE_POOL_URL names no user, or no password");
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}
