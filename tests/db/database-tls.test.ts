// Off this machine a connection to the database is TLS with a verified certificate, or none: nothing, not even the user's name, is said before.

import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { isSafeDatabaseUrl, securedDatabaseUrl } from "@pantheon/core/config/database-url.ts";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDatabase } from "@pantheon/core/db/database.ts";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import { quietLog } from "../support/quiet-log.ts";

const open: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  }
});

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A server that answers the wish for TLS with one letter, and keeps what it hears. `0.0.0.0` reaches it, and is no loopback name. */
async function givenServer(reply: "N" | "S"): Promise<{ url: string; heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard.push(bytes);
      if (bytes.equals(SSL_REQUEST)) socket.write(reply);
      else socket.destroy();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ server, sockets });
  const address = server.address();
  return {
    url: `postgres://canary-user:canary-password@0.0.0.0:${typeof address === "object" && address !== null ? address.port : 0}/canary`,
    heard,
  };
}

async function asked(url: string): Promise<void> {
  const db = createDatabase({ url, log: quietLog(), clock: Date.now, maxConnections: 1, driver: "pg" });
  try {
    await expect(db.query.selectFrom("runtime_settings").select("revision").execute()).rejects.toThrow();
  } finally {
    await db.close();
  }
}

describe("a database off this machine", () => {
  it("that has no TLS is told nothing but the wish for it, by requests and by migrations", async () => {
    const { url, heard } = await givenServer("N");
    await asked(url);
    await expect(migrateToHead({ url, folder: "migrations", log: quietLog() })).rejects.toThrow();
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.filter((bytes) => !bytes.equals(SSL_REQUEST))).toEqual([]);
  });

  it("is greeted by TLS where it has it, and by no name or password before", async () => {
    const { url, heard } = await givenServer("S");
    await asked(url);
    expect(heard[0]).toEqual(SSL_REQUEST);
    expect(heard[1]?.[0]).toBe(0x16); // a handshake
    expect(Buffer.concat(heard).toString("latin1")).not.toContain("canary-user");
  });
});

describe("an address", () => {
  const CASES: readonly (readonly [url: string, safe: boolean])[] = [
    ["postgres://db.example/p", true],
    ["postgres://db.example/p?sslmode=require&channel_binding=require", true],
    ["postgres://db.example/p?sslmode=verify-full", true],
    ["postgres://db.example/p?sslmode=disable", false],
    ["postgres://db.example/p?sslmode=no-verify", false],
    ["postgres://db.example/p?sslmode=prefer", false],
    ["postgres://db.example/p?sslmode=verify-full&sslmode=disable", false],
    ["postgres://db.example/p?sslmode=require&uselibpqcompat=true", false],
    ["postgres://db.example/p?ssl=0", false],
    ["postgres://db.example/p?ssl=true", false],
    ["postgres://localhost/p?sslmode=disable", true],
    ["postgres://127.0.0.1:5432/p", true],
    ["postgres://[::1]/p", true],
    ["postgres://localhost/p?host=db.evil.example", false],
    ["postgres://localhost.evil.example/p?sslmode=disable", false],
    ["postgres://127.0.0.1.evil.example/p?sslmode=disable", false],
  ];

  it.each(CASES)("%s may be configured: %s", (url, safe) => {
    expect(isSafeDatabaseUrl(url)).toBe(safe);
    const read = () => readConfig({ DATABASE_POOL_URL: url, AUTH_ISSUER: "https://auth.example" });
    if (safe) expect(read().databaseUrl).toBe(url);
    else expect(read).toThrow(/^DATABASE_POOL_URL must not weaken TLS[^?]*$/);
  });

  it("reaches a driver with TLS and a verified certificate, whatever it says, unless it is of this machine", () => {
    for (const [url] of CASES) {
      const { hostname, searchParams } = new URL(securedDatabaseUrl(url));
      const local = ["localhost", "127.0.0.1", "[::1]"].includes(hostname) && !url.includes("host=db");
      expect([url, searchParams.getAll("sslmode")]).toEqual([url, local ? new URL(url).searchParams.getAll("sslmode") : ["verify-full"]]);
      expect(["ssl", "uselibpqcompat", "host", "hostaddr"].filter((name) => searchParams.has(name))).toEqual([]);
    }
  });
});
