// How the app is served: its headers, what is kept by browsers and what is not, its weight, and whom it does not serve.

import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtSite } from "@pantheon/local/site/build.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

/** Octets, compressed. */
const INITIAL_JS = 70 * 1024;
const INITIAL_CSS = 8 * 1024;

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ site: await builtSite() });
}, 180_000);
afterAll(() => world.end());

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${world.apiUrl}${path}`, { headers, redirect: "manual" });

/** The files that the first page loads. */
async function assets(kind: "js" | "css"): Promise<string[]> {
  return [...(await (await get("/")).text()).matchAll(/\/assets\/[\w.-]+\.(js|css)/g)]
    .filter(([, type]) => type === kind)
    .map(([path]) => path);
}

/** What these files weigh together, compressed. */
async function sizeOf(paths: readonly string[]): Promise<number> {
  const files = await Promise.all(paths.map(async (path) => gzipSync(Buffer.from(await (await get(path)).arrayBuffer())).length));
  return files.reduce((sum, size) => sum + size, 0);
}

describe("the pages", () => {
  it.each(["/", "/usage", "/operator/people/somebody.else", "/signed-in?code=c"])(
    "%s is the app, under a policy that lets nothing else in",
    async (path) => {
      const page = await get(path);
      expect([page.status, page.headers.get("content-type"), page.headers.get("cache-control")]).toEqual([
        200,
        "text/html; charset=UTF-8",
        "no-cache",
      ]);
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.replaceAll(world.storage.url, "")).not.toMatch(
        /unsafe|https?:(?!\/\/(?:js|\*\.js|api|hooks)\.stripe\.com)|\*(?!\.js\.stripe)/,
      );
      const names = ["x-content-type-options", "cross-origin-opener-policy", "referrer-policy", "x-frame-options"];
      expect(names.map((name) => page.headers.get(name))).toEqual(["nosniff", "same-origin", "same-origin", "DENY"]);
      expect(page.headers.get("permissions-policy")).toContain("camera=()");
      expect(await page.text()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/);
    },
  );

  it("keep their files for ever under names that change with them, and ask for everything else anew", async () => {
    for (const path of [...(await assets("js")), ...(await assets("css"))]) {
      const file = await get(path);
      expect([file.status, file.headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
    }
    expect((await get("/config.json")).headers.get("cache-control")).toBe("no-cache");
    const gone = await get("/assets/index-gone.js");
    expect([gone.status, gone.headers.get("cache-control")]).toEqual([404, null]);
  });

  it("are light: what an account loads first, compressed, and nothing of the operator's", async () => {
    const [script, style] = [await sizeOf(await assets("js")), await sizeOf(await assets("css"))];
    expect([script > 10_000, script <= INITIAL_JS, style <= INITIAL_CSS]).toEqual([true, true, true]);
    const first = await Promise.all((await assets("js")).map(async (path) => (await get(path)).text()));
    expect(first.join("")).not.toContain("Who used most");
  });
});

it("the settings of the site say what every visitor may know, and no more", async () => {
  expect(await (await get("/config.json")).json()).toEqual({
    stage: "local",
    commit: "unknown",
    issuer: `${world.apiUrl}/auth`,
    client_id: "pantheon-web",
    scope: null,
    audience: null,
    token: "access",
    usd_per_credit: "0.03",
    top_up: { min_usd: "1.00", max_usd: "500.00" },
    payment: "stand-in",
    stripe_key: null,
  });
});

describe("what is not the app's", () => {
  it.each(["/api/v1/nothing", "/api", "/webhooks/other"])("%s stays the API's", async (path) => {
    const answer = await get(path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
  });

  it.each(["/assets/%2e%2e/%2e%2e/package.json", "/assets/..%2f..%2fpackage.json", "/assets/../../package.json", "/assets//etc/passwd"])(
    "%s leads to no file outside",
    async (path) => {
      const text = await raw(path);
      expect(text.body).not.toMatch(/"dependencies"|root:/);
    },
  );

  it("is another name of this machine: it leads to the one that sign-in knows", async () => {
    const { port } = new URL(world.apiUrl);
    expect((await raw("/usage?days=7", `localhost:${port}`)).location).toBe(`${world.apiUrl}/usage?days=7`);
  });

  it("is the name of another site that points here", async () => {
    for (const path of ["/", "/config.json", "/oculus.svg"]) expect((await raw(path, "evil.example")).status).toBe(403);
  });
});

/** As an address is written, which fetch would tidy up. */
function raw(path: string, host?: string): Promise<{ status: number; body: string; location: string | undefined }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string; location: string | undefined }>();
  const { hostname, port } = new URL(world.apiUrl);
  const asked = request({ hostname, port, path, ...(host !== undefined && { headers: { Host: host } }) }, (response) => {
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (part: string) => (body += part));
    response.on("end", () => resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }));
  });
  asked.on("error", reject).end();
  return promise;
}
