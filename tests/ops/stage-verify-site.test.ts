// stage:verify opens the web app: all is green where it is served as it should be, and each thing that is not is found out by its row.

import { afterAll, beforeAll, expect, it } from "vitest";
import { builtSite } from "@pantheon/local/site/build.ts";
import { createEvidence } from "@pantheon/ops/stage-verify/evidence.ts";
import { siteRows } from "@pantheon/ops/stage-verify/site-rows.ts";
import { COMMIT, idsOf, rowOf, verifiableWorld, verify } from "../support/stage-verification.ts";
import { withFront, type Intercept } from "../support/stage-front.ts";
import type { Json, TestWorld } from "../support/world.ts";

const ROWS = ["page", "deep_link", "asset", "gone", "config", "sign_in"].map((name) => `site.${name}`);

let world: TestWorld;
beforeAll(async () => {
  world = await verifiableWorld({}, undefined, await builtSite());
}, 180_000);
afterAll(() => world.end());

/** What the world answers, uncompressed. */
async function whole(path: string): Promise<Response> {
  return fetch(`${world.apiUrl}${path}`, { redirect: "manual", headers: { "Accept-Encoding": "identity" } });
}

/** The web app as a front in between makes it: `change` is given what the world answers. */
async function seen(change: (path: string, answer: Response) => Response | Promise<Response>) {
  const intercept: Intercept = async (request) => {
    const { pathname, search } = new URL(request.url);
    return change(pathname, await whole(`${pathname}${search}`));
  };
  const evidence = createEvidence({ signal: new AbortController().signal, hide: (text) => text });
  await withFront(world, { intercept }, (url) => siteRows({ evidence }, { url, stage: "local", build: COMMIT }));
  return evidence.rows;
}

const at = (wanted: string, change: (answer: Response) => Response | Promise<Response>) => (path: string, answer: Response) =>
  path === wanted || (wanted.endsWith("/") && wanted !== "/" && path.startsWith(wanted)) ? change(answer) : answer;
const header = (name: string, value: string | null) => (answer: Response) => {
  const changed = new Response(answer.body, answer);
  if (value === null) changed.headers.delete(name);
  else changed.headers.set(name, value);
  return changed;
};
const told = (more: Json) => async (answer: Response) => {
  const changed = Response.json({ ...((await answer.json()) as Json), ...more });
  changed.headers.set("Cache-Control", "no-cache");
  return changed;
};

it("all is green on a stage that serves it, and the builds that answer are counted without it", async () => {
  const evidence = await verify(world, { site: true });
  expect(idsOf(evidence, "green").filter((id) => id.startsWith("site."))).toEqual(ROWS);
  expect(rowOf(evidence, "drift.answers").ok).toBe(true);
  expect(rowOf(evidence, "site.sign_in").seen).toMatch(/^a code with S256, at 127\.0\.0\.1/);
});

it("is not looked at unless somebody asks, since an address may be the API's alone", async () => {
  expect(idsOf(await verify(world), "green", "red", "not run", "skipped").filter((id) => id.startsWith("site."))).toEqual([]);
});

it("one that nobody signs in to says so, and is not red for it", async () => {
  const rows = await seen(at("/config.json", told({ client_id: null })));
  expect(rows.at(-1)).toMatchObject({
    id: "site.sign_in",
    outcome: "skipped",
    seen: "AUTH_CLIENT_ID is unset: nobody signs in to its pages",
  });
  expect(rows.filter(({ ok }) => ok === false)).toEqual([]);
});

const PLAIN_ANSWER = () => new Response("Not here.", { status: 403 });

it.each<[string, Parameters<typeof seen>[0], string, RegExp]>([
  ["serves no page", at("/", PLAIN_ANSWER), "site.page", /answered 403/],
  ["has no policy", at("/", header("content-security-policy", null)), "site.page", /no such policy/],
  [
    "lets pages be framed",
    at("/", header("content-security-policy", "default-src 'none'; script-src 'self'")),
    "site.page",
    /no such policy/,
  ],
  ["keeps its page", at("/", header("cache-control", "max-age=60")), "site.page", /is kept/],
  ["has no page for a deep address", at("/operator/", PLAIN_ANSWER), "site.deep_link", /403/],
  ["has its files asked for again", at("/assets/", header("cache-control", "no-cache")), "site.asset", /no-cache/],
  ["answers a page for a file that is gone", at("/assets/stage-verify.js", () => new Response("<!doctype html>")), "site.gone", /200/],
  ["is another build", at("/config.json", told({ commit: "0ddba11" })), "site.config", /0ddba11/],
  ["has another stage's settings", at("/config.json", told({ stage: "staging" })), "site.config", /staging/],
])("one that %s is found out", async (_what, change, row, says) => {
  const red = (await seen(change)).filter(({ ok }) => ok !== true);
  expect(red.map(({ id }) => id)).toContain(row);
  expect(red.find(({ id }) => id === row)?.seen).toMatch(says);
});

it.each<[string, Json, RegExp]>([
  [
    "gives tokens at an origin that the policy does not name",
    { token_endpoint: "https://tokens.test/token" },
    /tokens\.test: AUTH_ORIGINS/,
  ],
  ["calls itself otherwise", { issuer: "https://other.test" }, /otherwise than AUTH_ISSUER/],
  ["takes no S256", { code_challenge_methods_supported: ["plain"] }, /no S256/],
])("one whose issuer %s is found out", async (_what, more, says) => {
  const rows = await withFront(
    world,
    {
      intercept: async (request) => {
        const { pathname, origin } = new URL(request.url);
        const answer = await whole(pathname.replace("/issuer", "/auth"));
        if (pathname === "/config.json") return told({ issuer: `${origin}/issuer` })(answer);
        if (!pathname.startsWith("/issuer")) return answer;
        return told({ issuer: `${origin}/issuer`, ...more })(answer);
      },
    },
    async (url) => {
      const evidence = createEvidence({ signal: new AbortController().signal, hide: (text) => text });
      await siteRows({ evidence }, { url, stage: "local", build: COMMIT });
      return evidence.rows;
    },
  );
  expect(rows.find(({ id }) => id === "site.sign_in")).toMatchObject({ ok: false, seen: expect.stringMatching(says) });
});
