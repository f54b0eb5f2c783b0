// The frame around every page: where one is, where one can go, who one is.

import { useQuery } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { ask } from "../api/ask.ts";
import { signIn, signOut, useSession } from "../session/session.ts";
import { Mark } from "./mark.tsx";
import { useOnline } from "./online.ts";
import { ThemeButton } from "./theme.tsx";

type Links = readonly (readonly [href: string, text: string])[];

const ACCOUNT: Links = [
  ["/", "Wallet"],
  ["/usage", "Usage"],
  ["/transactions", "Transactions"],
  ["/top-up", "Top up"],
  ["/keys", "API keys"],
  ["/limits", "Limits"],
  ["/playground", "Playground"],
  ["/data", "Your data"],
];

const OPERATOR: Links = [
  ["/operator", "Overview"],
  ["/operator/people", "People"],
  ["/operator/keys", "API keys"],
  ["/operator/grants", "Grants"],
  ["/operator/prices", "Prices"],
  ["/operator/enforcement", "Enforcement"],
  ["/operator/payments", "Payments"],
  ["/operator/cash", "Cash"],
  ["/operator/audit", "Audit"],
  ["/operator/health", "Health"],
];

/** Whose sign-in this is; asked once. */
export function useMe() {
  return useQuery({ ...ask("GET /auth/me", {}), staleTime: Infinity });
}

export function Shell({ children }: { readonly children: ComponentChildren }) {
  const me = useMe();
  return (
    <div className="shell">
      <a className="shell-skip" href="#page">
        Skip to the page
      </a>
      <header className="shell-side">
        <Mark />
        <nav aria-label="Pages" className="shell-nav">
          <Group title="Account" links={ACCOUNT} />
          {me.data?.is_admin === true && <Group title="Operator" links={OPERATOR} />}
        </nav>
        <div className="shell-foot">
          <span className="shell-who" title={me.data?.user_id}>
            {me.data?.email ?? me.data?.user_id ?? ""}
          </span>
          <ThemeButton />
          <button type="button" className="shell-button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <Page>
        <Bars />
        {children}
      </Page>
    </div>
  );
}

/** The page takes the focus when another one is gone to, so that a reader of the screen begins there. */
function Page({ children }: { readonly children: ComponentChildren }) {
  const [here] = useLocation();
  const page = useRef<HTMLElement>(null);
  const before = useRef(here);
  useEffect(() => {
    if (before.current === here) return;
    before.current = here;
    page.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [here]);
  return (
    <main ref={page} id="page" className="shell-page" tabIndex={-1}>
      {children}
    </main>
  );
}

function Bars() {
  const isOnline = useOnline();
  const session = useSession();
  return (
    <>
      {!isOnline && (
        <p className="shell-bar" role="status">
          You are offline. What you see is from before.
        </p>
      )}
      {session === "ended" && (
        <p className="shell-bar" role="alert">
          Your sign-in has ended. What you typed is kept.
          <button type="button" className="link" onClick={() => void signIn()}>
            Sign in again
          </button>
        </p>
      )}
    </>
  );
}

function Group({ title, links }: { readonly title: string; readonly links: Links }) {
  return (
    <div>
      <p className="shell-group">{title}</p>
      <ul>
        {links.map(([href, text]) => (
          <NavLink key={href} href={href} text={text} />
        ))}
      </ul>
    </div>
  );
}

function NavLink({ href, text }: { readonly href: string; readonly text: string }) {
  const [path] = useLocation();
  const isRoot = href === "/" || href === "/operator";
  const isHere = path === href || (!isRoot && path.startsWith(`${href}/`));
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isHere) item.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [isHere]);
  return (
    <li ref={item}>
      <Link href={href} className="shell-link" {...(isHere && { "aria-current": "page" as const })}>
        {text}
      </Link>
    </li>
  );
}
