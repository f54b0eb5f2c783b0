// The web app on this machine: the files that Vite built, under the headers of a stage, and `/config.json`, which says what this stage
// is. Every address that is no file is a page of the app.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono, type Context, type MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import type { Config } from "@pantheon/core/config/config.ts";
import { PAGE_HEADERS, pagePolicy, siteConfig, type SiteSettings } from "@pantheon/core/config/site.ts";
import { WEB_CLIENT_ID } from "@pantheon/stand-ins/sign-in/sign-in.ts";

type SiteParts = {
  readonly folder: string;
  readonly url: string;
  readonly config: Pick<Config, "auth" | "stage" | "commit" | "usdPerCredit" | "topUp" | "files">;
  /** Stripe's publishable key, where the real Stripe takes the payments; null: the stand-in does. */
  readonly stripeKey: string | null;
};

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Everything under `/` that is not the API's. `url` is the one address that sign-in knows; other names of this machine lead there. */
export function site({ folder, url, config, stripeKey }: SiteParts): Hono {
  const app = new Hono();
  const index = readFileSync(join(folder, "index.html"), "utf8");
  const settings: SiteSettings = { ...LOCAL_SIGN_IN, stripeKey };
  const told = siteConfig(config, settings, stripeKey === null ? "stand-in" : "stripe");
  app.use(headers(config), compress());
  app.use(async (c, next) => atOneAddress(c, url) ?? (await next()));
  app.get("/config.json", (c) => c.json(told, 200, { "Cache-Control": "no-cache" }));
  app.use(
    "/assets/*",
    serveStatic({ root: folder, onFound: (_path, c) => c.header("Cache-Control", "public, max-age=31536000, immutable") }),
  );
  app.get("/assets/*", (c) => c.text("There is no such file.", 404));
  app.use("/oculus.svg", serveStatic({ root: folder }));
  app.get("*", (c) => c.html(index, 200, { "Cache-Control": "no-cache" }));
  return app;
}

/** The local issuer knows the pages by one name, wants no scope, and gives every token the right audience. */
const LOCAL_SIGN_IN = { clientId: WEB_CLIENT_ID, scope: null, audienceParameter: null, token: "access", origins: [] } as const;

/** Those of a stage, but for HTTPS alone: this machine speaks plain HTTP. */
function headers({ files }: SiteParts["config"]): MiddlewareHandler {
  const policy = pagePolicy(files.storageUrl === null ? [] : [new URL(files.storageUrl).origin]);
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries({ ...PAGE_HEADERS, "Content-Security-Policy": policy })) c.header(name, value);
  };
}

/** Another name of this machine leads to the right one; a name that is none of this machine's is refused. */
function atOneAddress(c: Context, url: string): Response | null {
  const asked = new URL(c.req.url);
  if (asked.origin === url) return null;
  if (!LOOPBACK.has(asked.hostname)) return c.text("This page is for this machine only.", 403);
  return c.redirect(`${url}${asked.pathname}${asked.search}`, 302);
}
