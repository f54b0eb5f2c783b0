// Starts the app: theme, stage, sign-in, pages.

import { QueryClient, QueryClientProvider } from "@tanstack/preact-query";
import { render } from "preact";
import { Refused } from "./api/client.ts";
import { App } from "./app.tsx";
import { Fault } from "./parts/states.tsx";
import { startSession } from "./session/session.ts";
import { readSite } from "./session/site.ts";
import { applyTheme } from "./shell/theme.tsx";

const STALE_MS = 15_000;
const RETRIES = 2;
const RELOADED = "pantheon.reloaded";

/** A refusal will be the same again; a server that fails, or a network, may not. */
function isWorthTrying(failures: number, error: Error): boolean {
  return failures < RETRIES && !(error instanceof Refused && error.status < 500);
}

/** A tab that was open during a deploy may ask for a file that is gone: loaded anew, it has the new ones. */
function reloadOnce(): void {
  if (!navigator.onLine || sessionStorage.getItem(RELOADED) !== null) return;
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
}

/** A bank that asked at a page of its own comes back with the payment's secret in the address. What became of it the API says. */
function forgetPayment(): void {
  if (location.search.includes("payment_intent")) history.replaceState(null, "", location.pathname);
}

async function start(place: Element): Promise<void> {
  try {
    await readSite();
    const fault = await startSession();
    const queries = new QueryClient({ defaultOptions: { queries: { staleTime: STALE_MS, retry: isWorthTrying } } });
    render(
      <QueryClientProvider client={queries}>
        <App fault={fault} />
      </QueryClientProvider>,
      place,
    );
  } catch (error) {
    render(
      <main className="welcome">
        <Fault error={error instanceof Error ? error : new Error("unknown")} again={() => void start(place)} />
      </main>,
      place,
    );
  }
}

applyTheme();
forgetPayment();
addEventListener("vite:preloadError", reloadOnce);
const place = document.getElementById("app");
if (place !== null) void start(place);
