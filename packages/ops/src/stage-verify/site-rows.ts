// The web app at the stage's address: is it there, under its policy, kept by browsers as it should be, of this stage and build, and can
// somebody sign in? Asked as a browser would, without a token; no page says which build it is, so none counts among the answers of builds.

import * as v from "valibot";
import { NoResponse } from "@pantheon/client/error.ts";
import { createTransport } from "@pantheon/client/transport.ts";
import { newId } from "@pantheon/contract/id.ts";
import { read, Surprise } from "./answer.ts";
import { NoAnswer, type Answer } from "./client.ts";
import { sameCommit, shortened, type Stage } from "./stage.ts";

type Site = { readonly url: string; readonly stage: string | null; readonly build: string | null };
type Get = (path: string) => Promise<Answer>;

/** `stage` and `build` are what the functions said. */
export async function siteRows({ evidence }: Pick<Stage, "evidence">, { url, stage, build }: Site): Promise<void> {
  const get = pagesOf(url);
  const index = { id: "site.page", what: "the web app is there, under its policy", expected: "200, a page that nothing else may run in" };
  const page = await evidence.check(index, [], async () => {
    const answer = await get("/");
    const faults = pageFaults(answer, url.startsWith("https:"));
    return { ok: faults.length === 0, seen: faults.length === 0 ? "200, a page" : faults.join("; "), value: answer, answer };
  });
  const deep = { id: "site.deep_link", what: "an address deep in the app is the app, whatever is in it", expected: "the same page" };
  await evidence.check(deep, [page], async ({ text }) => {
    const answer = await get("/operator/people/some.body?days=7");
    return { ok: answer.status === 200 && answer.text === text, seen: answer.text === text ? "the same page" : strange(answer), answer };
  });
  await assetRows(evidence, get, page);
  const head = {
    id: "site.config",
    what: "the pages know their stage, and are the build that answers",
    expected: `${stage}, ${shortened(build)}`,
  };
  const config = await evidence.check(head, [stage, build], async (served, commit) => {
    const answer = await get("/config.json");
    const said = read(answer, 200, Config);
    const ok = said.stage === served && sameCommit(said.commit, commit) && kept(answer) === "no-cache";
    return { ok, seen: `${said.stage}, ${shortened(said.commit)}, ${kept(answer)}`, value: said, answer };
  });
  const signIn = {
    id: "site.sign_in",
    what: "one can sign in: the issuer answers, and the policy lets the pages ask it",
    expected: "a code with S256",
  };
  const nobody = config !== null && config.client_id === null ? "AUTH_CLIENT_ID is unset: nobody signs in to its pages" : null;
  await evidence.skipping(nobody).check(signIn, [config, page], (said, answer) => issuerSeen(said, url, answer));
}

async function assetRows(evidence: Stage["evidence"], get: Get, page: Answer | null): Promise<void> {
  const asset = { id: "site.asset", what: "browsers keep its files for ever", expected: "200, immutable" };
  await evidence.check(asset, [page], async ({ text }) => {
    const path = /\/assets\/[\w.-]+\.js/.exec(text)?.[0];
    if (path === undefined) return { ok: false, seen: "the page names no script" };
    const answer = await get(path);
    const type = answer.headers.get("content-type") ?? "no type";
    const ok = answer.status === 200 && /^text\/javascript\b/.test(type) && kept(answer).includes("immutable");
    return { ok, seen: `${answer.status}, ${type}, ${kept(answer)}`, answer };
  });
  const gone = { id: "site.gone", what: "a file that is not there is no page", expected: "404" };
  await evidence.check(gone, [page], async () => {
    const answer = await get("/assets/stage-verify.js");
    return { ok: answer.status === 404, seen: String(answer.status), answer };
  });
}

const Config = v.object({ stage: v.string(), commit: v.string(), issuer: v.string(), client_id: v.nullable(v.string()) });
const Discovery = v.object({
  issuer: v.string(),
  authorization_endpoint: v.string(),
  token_endpoint: v.string(),
  code_challenge_methods_supported: v.optional(v.array(v.string()), ["S256"]), // some issuers do not say it
});

async function issuerSeen({ issuer }: v.InferOutput<typeof Config>, url: string, page: Answer) {
  const { pathname, origin } = new URL(issuer);
  const answer = await pagesOf(origin)(`${pathname.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const said = read(answer, 200, Discovery);
  const asked = new URL(said.token_endpoint).origin;
  const allowed = /connect-src ([^;]*)/.exec(page.headers.get("content-security-policy") ?? "")?.[1]?.split(" ") ?? [];
  const faults = [
    said.issuer !== issuer && `its issuer calls itself otherwise than AUTH_ISSUER`,
    !said.code_challenge_methods_supported.includes("S256") && "its issuer takes no S256",
    asked !== new URL(url).origin && !allowed.includes(asked) && `the policy does not name ${asked}: AUTH_ORIGINS`,
  ].filter((fault) => fault !== false);
  return {
    ok: faults.length === 0,
    seen: faults.length === 0 ? `a code with S256, at ${new URL(said.authorization_endpoint).host}` : faults.join("; "),
    answer,
  };
}

function pageFaults(answer: Answer, isTls: boolean): string[] {
  const { status, headers } = answer;
  const policy = headers.get("content-security-policy") ?? "";
  const faults = [
    status !== 200 && `answered ${status}`,
    !/^text\/html\b/.test(headers.get("content-type") ?? "") && "is no page",
    kept(answer) !== "no-cache" && `is kept: ${kept(answer)}`,
    !["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"].every((rule) => policy.includes(rule)) && "has no such policy",
    policy.includes("unsafe") && "has a policy that lets unsafe things in",
    headers.get("x-content-type-options") !== "nosniff" && "may be sniffed",
    headers.get("cross-origin-opener-policy") !== "same-origin" && "shares its windows",
    isTls && headers.get("strict-transport-security") === null && "does not ask for HTTPS alone",
  ];
  return faults.filter((fault) => fault !== false);
}

function kept({ headers }: Answer): string {
  return headers.get("cache-control") ?? "nothing said of keeping it";
}

function strange({ status, headers }: Answer): string {
  return `${status}, ${headers.get("content-type") ?? "no type"}`;
}

/** Without following redirects. Rejects with NoAnswer. */
function pagesOf(url: string): Get {
  const send = createTransport({ url, token: null, fetch: fetched, retry: false });
  return async (path) => {
    const requestId = `verify-${newId()}`;
    try {
      return await send({ method: "GET", path, requestId });
    } catch (error) {
      if (error instanceof NoResponse) throw new NoAnswer("no answer", error.requestId);
      throw new Surprise("the address cannot be asked", { requestId });
    }
  };
}

function fetched(address: string, request: RequestInit): Promise<Response> {
  return fetch(address, { ...request, redirect: "manual" });
}
