// The web app on this machine: the files that Vite built, under the headers of a stage, and `/config.json`, which says what this stage
// is. Every address that is no file is a page of the app.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono, type Context } from "hono";
import { compress } from "hono/compress";
import { secureHeaders } from "hono/secure-headers";
import type { Config } from "@pantheon/core/config/config.ts";
import { format } from "@pantheon/contract/money.ts";
import { WEB_CLIENT_ID } from "@pantheon/stand-ins/sign-in/sign-in.ts";

type SiteParts = {
  readonly folder: string;
  readonly url: string;
  readonly config: Pick<Config, "auth" | "stage" | "commit" | "usdPerCredit" | "topUp">;
};

const STRIPE = "https://js.stripe.com";
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Everything under `/` that is not the API's. `url` is the one address that sign-in knows; other names of this machine lead there. */
export function site({ folder, url, config }: SiteParts): Hono {
  const app = new Hono();
  const index = readFileSync(join(folder, "index.html"), "utf8");
  app.use(headers(), compress());
  app.use(async (c, next) => atOneAddress(c, url) ?? (await next()));
  app.get("/config.json", (c) => c.json(siteConfig(config), 200, { "Cache-Control": "no-cache" }));
  app.use(
    "/assets/*",
    serveStatic({ root: folder, onFound: (_path, c) => c.header("Cache-Control", "public, max-age=31536000, immutable") }),
  );
  app.get("/assets/*", (c) => c.text("There is no such file.", 404));
  app.use("/oculus.svg", serveStatic({ root: folder }));
  app.get("*", (c) => c.html(index, 200, { "Cache-Control": "no-cache" }));
  return app;
}

/** What a build does not know of its stage. Nothing in it is secret: every visitor reads it. */
function siteConfig({ auth, stage, commit, usdPerCredit, topUp }: SiteParts["config"]) {
  return {
    stage,
    commit,
    issuer: auth.issuer,
    client_id: WEB_CLIENT_ID,
    usd_per_credit: format(usdPerCredit),
    top_up: { min_usd: topUp.minUsd.toFixed(2), max_usd: topUp.maxUsd.toFixed(2) },
    payment: "stand-in",
  };
}

/** The policy of a stage, too: what runs and is shown comes from here, but for Stripe's own script and frames. */
function headers() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", STRIPE],
      styleSrc: ["'self'"],
      fontSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'", "https://api.stripe.com"],
      frameSrc: [STRIPE, "https://hooks.stripe.com"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    crossOriginOpenerPolicy: "same-origin",
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    strictTransportSecurity: false, // plain HTTP on this machine
  });
}

/** Another name of this machine leads to the right one; a name that is none of this machine's is refused. */
function atOneAddress(c: Context, url: string): Response | null {
  const asked = new URL(c.req.url);
  if (asked.origin === url) return null;
  if (!LOOPBACK.has(asked.hostname)) return c.text("This page is for this machine only.", 403);
  return c.redirect(`${url}${asked.pathname}${asked.search}`, 302);
}
