// Signing in and out at issuers that want more than the local one: what the settings say is asked for, the token that they name is sent,
// and signing out ends it there, here and in the other tabs.

import type { Page, Route } from "playwright-core";
import { expect, it } from "vitest";
import { axe, givenApp } from "./support/app.ts";
import type { Json } from "../support/world.ts";

/** As at issuers whose identity tokens are for the client alone. */
const app = givenApp({ AUTH_AUDIENCE: "pantheon-web" });

/** JSON of the world, with more in it. */
const more = (members: () => Json) => async (route: Route) => {
  const answer = await route.fetch();
  await route.fulfill({ response: answer, json: { ...(await answer.json()), ...members() } });
};
const asking = (page: Page) => page.getByRole("heading", { name: "Who would you like to be?" });

async function signIn(page: Page, user: string): Promise<void> {
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).click();
  await asking(page).waitFor();
  await page.getByLabel("User id").fill(user);
  await page.getByRole("button", { name: "Sign in" }).click();
}

it("an issuer is asked for the scope, and by Auth0's parameter for the audience", async () => {
  const page = await app.stranger();
  const audience = { parameter: "audience", value: "https://api.example" };
  await page.route(
    "**/config.json",
    more(() => ({ scope: "openid email offline_access", audience })),
  );
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).click();
  await asking(page).waitFor();
  const asked = new URL(page.url()).searchParams;
  expect([asked.get("scope"), asked.get("audience"), asked.get("resource")]).toEqual(["openid email offline_access", audience.value, null]);
  expect([asked.get("code_challenge_method"), asked.get("client_id")]).toEqual(["S256", "pantheon-web"]);
});

it("a resource is named again whenever tokens are asked for", async () => {
  const page = await app.stranger();
  await page.route(
    "**/config.json",
    more(() => ({ audience: { parameter: "resource", value: "https://api.example" } })),
  );
  const bodies: (string | null)[] = [];
  await page.route("**/auth/token", async (route) => {
    bodies.push(new URLSearchParams(route.request().postData() ?? "").get("resource"));
    await route.continue();
  });
  await signIn(page, "grace");
  await page.getByText("grace@example.com").waitFor();
  await page.evaluate(
    `{ const kept = JSON.parse(sessionStorage.getItem("pantheon.tokens")); sessionStorage.setItem("pantheon.tokens", JSON.stringify({ ...kept, expires: 0 })); }`,
  );
  await page.reload();
  await page.getByText("grace@example.com").waitFor();
  expect(bodies).toEqual(["https://api.example", "https://api.example"]);
});

it("where access tokens name no audience the identity token is sent, for as long as it says", async () => {
  const page = await app.stranger();
  await page.route(
    "**/config.json",
    more(() => ({ token: "id", scope: "openid" })),
  );
  const { issuer } = app.world;
  let identity = "";
  await page.route("**/auth/token", async (route) => {
    const answer = await route.fetch();
    identity = await issuer.token({ user: "ida", email: "ida@example.com", expiresInSeconds: 600 });
    await route.fulfill({ response: answer, json: { ...(await answer.json()), access_token: "opaque", id_token: identity } });
  });
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/")) sent.push(request.headers()["authorization"] ?? "none");
  });
  await signIn(page, "ida");
  await page.getByText("ida@example.com").waitFor();
  expect(new Set(sent)).toEqual(new Set([`Bearer ${identity}`]));
  const left = await page.evaluate<number>('JSON.parse(sessionStorage.getItem("pantheon.tokens")).expires - Date.now()');
  expect(left).toBeLessThanOrEqual(600_000);
});

it("where nobody can sign in the page says so", async () => {
  const page = await app.stranger();
  await page.route(
    "**/config.json",
    more(() => ({ client_id: null })),
  );
  await page.goto("/usage");
  await page.getByText("Nobody can sign in here yet.").waitFor();
  expect(await page.getByRole("button", { name: "Sign in" }).count()).toBe(0);
  expect(await axe(page)).toEqual([]);
});

it("signing out ends it at the issuer, and in the other tabs of the same person alone", async () => {
  const page = await app.stranger();
  const { apiUrl } = app.world;
  const ends = { revocation_endpoint: `${apiUrl}/auth/revoke`, end_session_endpoint: `${apiUrl}/auth/ended` };
  await page.context().route(
    "**/auth/.well-known/*",
    more(() => ends),
  );
  const revoked: string[] = [];
  await page.context().route("**/auth/revoke", (route) => {
    revoked.push(route.request().postData() ?? "");
    return route.fulfill({ status: 200 });
  });
  await page.context().route("**/auth/ended?*", (route) => route.fulfill({ contentType: "text/html", body: "<title>Ended</title>" }));
  const [same, other] = [await page.context().newPage(), await page.context().newPage()];
  for (const [tab, user] of [
    [page, "grace"],
    [same, "grace"],
    [other, "ada"],
  ] as const) {
    await signIn(tab, user);
    await tab.getByText(`${user}@example.com`).waitFor();
  }
  const refresh = await page.evaluate<string>('JSON.parse(sessionStorage.getItem("pantheon.tokens")).refresh');
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/auth/ended?*");
  const asked = new URL(page.url()).searchParams;
  expect([asked.get("client_id"), asked.get("post_logout_redirect_uri"), asked.get("logout_uri")]).toEqual([
    "pantheon-web",
    `${apiUrl}/`,
    `${apiUrl}/`,
  ]);
  expect(new URLSearchParams(revoked[0]).get("token")).toBe(refresh);
  await same.getByRole("button", { name: "Sign in" }).waitFor();
  expect(await same.evaluate("sessionStorage.length")).toBe(0);
  await other.reload();
  await other.getByText("ada@example.com").waitFor();
});

it("an issuer that is away keeps nobody signed in", async () => {
  const page = await app.stranger();
  await signIn(page, "grace");
  await page.getByText("grace@example.com").waitFor();
  await page.route(`${app.world.apiUrl}/auth/**`, (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(await page.evaluate("sessionStorage.getItem('pantheon.tokens')")).toBeNull();
});
