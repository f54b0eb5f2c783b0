// How the local world's product connects: never as the owner of its tables, as on a stage. The login is made when the world starts.

import { createHmac } from "node:crypto";
import { addressOf, giveLogin, isLoginReady } from "@pantheon/core/db/app-login.ts";
import { errorName, type Log } from "@pantheon/core/log.ts";

type Told = {
  readonly log: Log;
  /** Told what a person should know, as a line. */
  readonly notice?: ((line: string) => void) | undefined;
};

/** A name has 63 octets in PostgreSQL. */
const LONGEST_OWNER = 59;

/**
 * The address with the application's login, which is `<owner>_app`. Its password follows from the owner's, so that worlds that share a
 * server agree on it. Where the owner may make no roles the owner's own address is all there is, and a person is told.
 */
export async function applicationUrl(ownerUrl: string, { log, notice }: Told): Promise<string> {
  const { username, password } = new URL(ownerUrl);
  const owner = decodeURIComponent(username) || "postgres";
  const login = {
    user: `${owner.slice(0, LONGEST_OWNER)}_app`,
    password: createHmac("sha256", `${owner}:${password}`).update("the application's login").digest("base64url"),
  };
  const url = addressOf(ownerUrl, login);
  if (await isLoginReady(url)) return url;
  try {
    await giveLogin(ownerUrl, login);
    return url;
  } catch (error) {
    if (!(error instanceof Error && Reflect.get(error, "code") === "42501")) throw error;
    log.warn("no login for the application: it connects as the owner of its tables", { error: errorName(error) });
    notice?.("This database's user may make no roles: the product connects as the owner of its tables here.");
    return ownerUrl;
  }
}
