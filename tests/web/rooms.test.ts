// Who imports whom in the web app, as its build sees it (the tool of the other rooms does not read .tsx), and what only one place may do.

import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { PROJECT, projectFiles } from "../support/project-files.ts";

const WEB = "packages/web/src/";

/** Each room, and the rooms that it may import beside itself. `contract` and `client` are the packages of those names:
 * amounts, and how a stream is read. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  style: [],
  session: [],
  api: ["session", "client"],
  money: ["session", "contract"],
  parts: ["api", "session"],
  chart: ["parts"],
  ledger: ["api", "money", "parts", "contract"],
  limits: ["api", "money", "parts", "contract"],
  shell: ["api", "session", "parts"],
  account: ["api", "session", "money", "parts", "chart", "ledger", "limits", "contract"],
  admin: ["api", "session", "money", "parts", "chart", "ledger", "limits", "contract"],
  app: ["account", "admin", "shell", "api", "session", "parts"],
};

type Import = { readonly from: string; readonly to: string };

let imports: Import[] = [];
beforeAll(async () => {
  imports = await importsOf();
});

describe("the rooms of the web app", () => {
  it("import only what they may", () => {
    const broken = imports.filter(({ from, to }) => !isAllowed(from, to));
    expect(imports.length).toBeGreaterThan(150);
    expect(broken).toEqual([]);
  });

  it.each([
    ["account/x.tsx", "admin/y.tsx"],
    ["admin/x.tsx", "account/y.tsx"],
    ["parts/x.tsx", "account/y.tsx"],
    ["session/x.ts", "api/y.ts"],
    ["chart/x.tsx", "api/y.ts"],
  ])("%s may not import %s", (from, to) => {
    expect(isAllowed(`${WEB}${from}`, `${WEB}${to}`)).toBe(false);
  });

  it("come to the app alone from nowhere: nothing else imports it", async () => {
    const files = await projectFiles("packages/**/*.ts", "functions/**/*.ts", "infra/**/*.ts");
    const others = files.filter(({ path, text }) => !path.startsWith("packages/web/") && /from "@pantheon\/web/.test(text));
    expect(others.map(({ path }) => path)).toEqual([]);
  });
});

describe("only one place", () => {
  it.each([
    ["asks the network", /\bfetch\(|XMLHttpRequest|EventSource|sendBeacon/, /^packages\/web\/src\/(?:api\/|session\/site\.ts)/],
    ["knows a token", /pantheon\.tokens|access_token|Authorization/, /^packages\/web\/src\/(?:session\/|api\/client\.ts)/],
    ["names a colour", /#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(/i, /^packages\/web\/src\/style\/tokens\.css$/],
    ["writes markup as text", /dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write/, /^$/],
    [
      "keeps something in the browser",
      /localStorage|sessionStorage/,
      /^packages\/web\/src\/(?:session\/session\.ts|parts\/draft\.ts|shell\/theme\.tsx|main\.tsx)$/,
    ],
  ])("%s", async (_what, does, where) => {
    const files = await projectFiles(`${WEB}**/*.{ts,tsx,css}`);
    expect(files.filter(({ path, text }) => does.test(text) && !where.test(path)).map(({ path }) => path)).toEqual([]);
  });

  it("lists every style, in order", async () => {
    const [sheet] = await projectFiles(`${WEB}style/style.css`);
    const listed = [...(sheet?.text.matchAll(/@import "(\.[^"]+)"/g) ?? [])].map(([, path = ""]) =>
      new URL(path, `file:///${WEB}style/`).pathname.slice(1),
    );
    const there = (await projectFiles(`${WEB}**/*.css`)).map(({ path }) => path).filter((path) => !path.endsWith("style/style.css"));
    expect(listed.toSorted()).toEqual(there.toSorted());
  });
});

/** `app` is what stands in no room: the app itself and its start. */
function roomOf(path: string): string {
  if (!path.startsWith(WEB)) return path.split("/")[1] ?? "";
  const [room = "", ...rest] = path.slice(WEB.length).split("/");
  return rest.length === 0 ? "app" : room;
}

function isAllowed(from: string, to: string): boolean {
  return roomOf(from) === roomOf(to) || (ROOMS[roomOf(from)] ?? []).includes(roomOf(to));
}

/** Every import of one file of ours by another, types left out. */
async function importsOf(): Promise<Import[]> {
  const { metafile } = await build({
    entryPoints: [`${PROJECT}/${WEB}main.tsx`],
    absWorkingDir: PROJECT,
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    format: "esm",
    outdir: "nowhere",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "silent",
  });
  return Object.entries(metafile.inputs)
    .filter(([path]) => path.startsWith(WEB))
    .flatMap(([from, { imports: found }]) => found.map(({ path: to }) => ({ from, to })).filter(({ to }) => to.startsWith("packages/")));
}
