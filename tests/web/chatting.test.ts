// The playground in a browser: a conversation, what it took, and what becomes of a message when something goes wrong.

import { expect, it } from "vitest";
import { givenCredits, givenEnforcement, givenSession, runTurn } from "../support/given.ts";
import { axe, givenApp, settled } from "./support/app.ts";

const app = givenApp();

type Named = { readonly model_alias: string };

const SLOW = { alias: "gpt-4o-mini", model: "openai/gpt-4o-mini" };

it("a first message makes a session; every answer says what it took, as the ledger has it", async () => {
  await givenCredits(app.world, "talker", "10");
  const page = await app.page("talker");
  await page.goto("/playground");
  await page.getByText("Begin with a system prompt").click();
  await page.getByLabel("System prompt", { exact: true }).fill("Be brief.");
  await page.getByLabel("Message").fill("What is a wallet?\nSecond line");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("I am a stand-in model").waitFor();
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/playground\/[0-9a-f-]{36}$/);
  await page.getByRole("navigation", { name: "Sessions" }).getByText("What is a wallet?").waitFor();
  expect(await page.getByLabel("Message").inputValue()).toBe("");

  await page.getByLabel("Message").fill("And a ledger?");
  await page.getByLabel("Message").press("Enter");
  await page.getByText("And a ledger?", { exact: true }).waitFor();
  await expect.poll(() => page.locator(".turn-foot").count()).toBe(2);
  expect(await axe(page)).toEqual([]);
  const { json } = await app.world.call("GET", "/api/v1/users/me/transactions?limit=2", { user: "talker" });
  const shown = await page.locator(".turn-foot data").evaluateAll((all) => all.map((one) => one.getAttribute("value") ?? ""));
  const ledger = json.transactions
    .toReversed()
    .flatMap((row: { amount: string; balance_after: string }) => [row.amount.slice(1), row.balance_after]);
  expect(shown).toEqual(ledger);
});

it("a message that was sent twice by a lost answer is charged once", async () => {
  await givenCredits(app.world, "unlucky", "10");
  const page = await app.page("unlucky");
  let lost = 0;
  await page.route("**/turns/stream", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue();
    lost += 1;
    await route.fetch(); // it reaches the API, and its answer nobody
    return route.abort("connectionreset");
  });
  await page.goto("/playground");
  await page.getByLabel("Message").fill("Once only");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("The API could not be reached.").waitFor();
  expect(await page.getByLabel("Message").inputValue()).toBe("Once only");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("I am a stand-in model").waitFor();
  const { json } = await app.world.call("GET", "/api/v1/users/me/transactions", { user: "unlucky" });
  expect([lost, json.transactions.filter((row: { kind: string }) => row.kind === "debit").length]).toEqual([1, 1]);
});

it("without credits it says so in the API's words, keeps the message, and leads to the top-up", async () => {
  await givenEnforcement(app.world, true);
  try {
    const page = await app.page("poor");
    await page.goto("/playground");
    await page.getByLabel("Message").fill("For free?");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("Insufficient credits. Please top up your account.").waitFor();
    await page.getByText(/^Request /).waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByRole("link", { name: "Top up your wallet" }).click();
    await page.getByRole("heading", { name: "Top up" }).waitFor();
    await page.goBack();
    expect(await page.getByLabel("Message").inputValue()).toBe("For free?");
  } finally {
    await givenEnforcement(app.world, null);
  }
});

it("a model that went while the page was open is said to be so", async () => {
  const page = await app.page("explorer");
  await page.route("**/api/v1/models", async (route) => {
    const response = await route.fetch();
    const list: { models: Record<string, unknown>[] } = await response.json();
    return route.fulfill({ response, json: { ...list, models: [...list.models, { ...list.models[0], model_alias: "gpt-99" }] } });
  });
  await page.goto("/playground");
  await page.getByLabel("Message").fill("Hello");
  await page.getByLabel("Model").selectOption("gpt-99");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".fault-says").waitFor();
  expect(await page.locator(".fault-says").textContent()).toMatch(/model/i);
});

it("offers every model that can be run, with what its tokens cost", async () => {
  const page = await app.page("explorer");
  await page.goto("/playground");
  const { json } = await app.world.call("GET", "/api/v1/models", { user: "explorer" });
  const select = page.getByLabel("Model");
  await expect.poll(() => select.locator("option").allTextContents()).toEqual(json.models.map((model: Named) => model.model_alias));
  await select.selectOption("claude-sonnet");
  await page.getByText(/≈ \$\d+\.\d\d in, \$\d+\.\d\d cached, \$\d+\.\d\d out for a million tokens/).waitFor();
});

it("shows an answer as it comes; who stops it keeps what came, and is charged for that alone", async () => {
  await givenCredits(app.world, "hasty", "10");
  app.world.provider.behave(SLOW.model, "fake-drip-150");
  const page = await app.page("hasty");
  await page.goto("/playground");
  await page.getByLabel("Model").selectOption(SLOW.alias);
  await page.getByLabel("Message").fill("Take your time");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".turn-coming").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Send" }).waitFor();
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/playground\/[0-9a-f-]{36}$/);
  expect(await page.getByLabel("Message").inputValue()).toBe("");
  await expect.poll(() => page.locator(".turn-foot data").count(), { timeout: 30_000 }).toBe(2);
  const { json } = await app.world.call("GET", "/api/v1/users/me/transactions", { user: "hasty" });
  expect(json.transactions.filter((row: { kind: string }) => row.kind === "debit")).toHaveLength(1);
}, 60_000);

it("a new answer to the same message stands in for the one before, which stays with its charge and receipt", async () => {
  await givenCredits(app.world, "picky", "10");
  const session = await givenSession(app.world, "picky", { title: "Again" });
  await runTurn(app.world, session, { user: "picky", message: "Try this" });
  const page = await app.page("picky");
  await page.goto(`/playground/${session}`);
  await page.getByLabel("Message").fill("Not sent yet");
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByText("Answered again below").waitFor();
  await expect.poll(() => page.locator(".turn-foot").count()).toBe(2);
  expect(await page.getByLabel("Message").inputValue()).toBe("Not sent yet");
  const { json } = await app.world.call("GET", `/api/v1/sessions/${session}/turns`, { user: "picky" });
  expect(json.turns[0].replaces).toBe(json.turns[1].id);
  await page.getByRole("button", { name: "Receipt" }).first().click();
  await page.getByText("Computed again from what was stored: the same.").waitFor();
  expect(await page.locator(".sum-total data").first().getAttribute("value")).toBe(json.turns[1].credits_charged);
  expect(await axe(page)).toEqual([]);
});

it("a session takes another title", async () => {
  const session = await givenSession(app.world, "namer", { title: "Untidy" });
  const page = await app.page("namer");
  await page.goto(`/playground/${session}`);
  await page.getByRole("button", { name: "Rename this session" }).click();
  expect(await page.getByRole("button", { name: "Rename", exact: true }).isDisabled()).toBe(true);
  await page.getByLabel("Title").fill("Tidy");
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await page.getByRole("navigation", { name: "Sessions" }).getByText("Tidy", { exact: true }).waitFor();
  expect((await app.world.call("GET", `/api/v1/sessions/${session}`, { user: "namer" })).json.title).toBe("Tidy");
});

it("a session is deleted after a question, and the ledger keeps its charge", async () => {
  const page = await app.page("talker");
  await page.goto("/playground");
  await page.getByRole("navigation", { name: "Sessions" }).getByText("What is a wallet?").click();
  await page.getByRole("button", { name: "Delete this session" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Delete this session" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("The first message makes one.").waitFor();
  await page.goto("/transactions");
  await settled(page);
  expect(await page.getByRole("button", { name: /^Turn / }).count()).toBe(2);
});
