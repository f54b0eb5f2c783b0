// The pay page as a person's browser uses it: forms, their redirects, and what the page then shows.

import { expect } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import type { Json, TestWorld } from "./world.ts";

/** The browser of this world, which may be started later. */
export function payBrowser(world: () => TestWorld) {
  /** The pay page as a browser asks for it; forms are posted from a page of its own. Redirects are not followed. */
  const page = {
    get: (path: string) => fetch(`${world().apiUrl}${path}`, { redirect: "manual", signal: AbortSignal.timeout(30_000) }),
    post: (path: string, fields: Record<string, string>, headers: Record<string, string> = { Origin: world().apiUrl }) =>
      fetch(`${world().apiUrl}${path}`, {
        method: "POST",
        headers,
        body: new URLSearchParams(fields),
        redirect: "manual",
        signal: AbortSignal.timeout(30_000),
      }),
  };

  /** Starts a top-up by the form; answers the address of its card form. */
  async function started(user: string, amount = "10.00", key = newId()): Promise<string> {
    const answer = await page.post("/pay", { user, amount_usd: amount, key });
    expect(answer.status).toBe(303);
    return answer.headers.get("location") ?? "";
  }

  async function pay(address: string, card: string): Promise<Response> {
    const answer = await page.post(address, { card });
    await world().stripe.settled();
    return answer;
  }

  /** Where a form led, as the browser then shows it. */
  async function shownAfter(answer: Response): Promise<string> {
    expect(answer.status).toBe(303);
    const next = await page.get(answer.headers.get("location") ?? "");
    expect(next.status).toBe(200);
    return next.text();
  }

  async function stateAt(address: string): Promise<Json> {
    const answer = await page.get(address.replace("/watch", "/state"));
    expect(answer.headers.get("cache-control")).toBe("no-store");
    return answer.json();
  }

  async function balanceOf(user: string): Promise<string> {
    return (await world().call("GET", "/api/v1/users/me/wallet", { user })).json.balance;
  }
  return { page, started, pay, shownAfter, stateAt, balanceOf };
}
