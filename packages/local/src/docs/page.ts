// The API's description as the local world shows it: /openapi.json for programs, /docs for people. One document of HTML, nothing of which
// is loaded from anywhere and nothing of which runs.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { NONCE, secureHeaders, type SecureHeadersVariables } from "hono/secure-headers";
import { documentPage, type ApiDocument } from "./view.ts";

type Env = { Variables: SecureHeadersVariables };

const FILE = fileURLToPath(new URL("../../../../docs/openapi.json", import.meta.url));

/** Both addresses, under their full paths. The document names this world's own address first. */
export function docsPage(apiUrl: string): Hono<Env> {
  const app = new Hono<Env>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: [NONCE],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: "DENY",
      strictTransportSecurity: false,
    }),
  );
  app.get("/openapi.json", async (c) => c.body(JSON.stringify(await readDocument(apiUrl)), 200, { "Content-Type": "application/json" }));
  app.get("/docs", async (c) => c.html(documentPage(await readDocument(apiUrl), c.get("secureHeadersNonce") ?? "")));
  return app;
}

/** The committed document, with this world in the place of the local one. */
async function readDocument(apiUrl: string): Promise<ApiDocument> {
  const document = JSON.parse(await readFile(FILE, "utf8")) as ApiDocument; // of our own making
  const [here, ...others] = document.servers;
  return { ...document, servers: [{ description: "", ...here, url: apiUrl }, ...others] };
}
