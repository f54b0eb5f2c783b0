// `npm run docs:rooms`: draws who imports whom into docs/architecture.md, from what dependency-cruiser finds in the code, and writes the
// faces of the rooms beside it, from .rooms.cjs. With --check it only says whether they are current. What may import what is said there.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import * as v from "valibot";

const HELP = `Usage: npm run docs:rooms [-- --check]

Writes the pictures of packages and rooms in docs/architecture.md, and the table of faces. --check writes nothing and ends with 1 when they are stale.`;

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const FILE = `${PROJECT}docs/architecture.md`;

/** What every room of the core may import: the text above the picture says so, and its arrows would hide the others. */
const EVERYWHERE = new Set(["log"]);

/** What the cruise says, as far as it is used. */
const Cruise = v.object({ modules: v.array(v.object({ source: v.string(), dependencies: v.array(v.object({ resolved: v.string() })) })) });
type Cruised = v.InferOutput<typeof Cruise>;

/** The plan, as far as it is used. */
const Faces = v.array(v.string());
const Plan = v.object({ ROOMS: v.record(v.string(), v.object({ faces: Faces, doors: v.optional(v.record(v.string(), Faces), {}) })) });

/** From one place to another: `turns --> ledger` when a file of the first imports a file of the second. */
type Arrow = readonly [from: string, to: string];

try {
  const { values } = parseArgs({
    options: { check: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) console.log(HELP);
  else await draw(values.check);
} catch (error) {
  console.error(`docs:rooms: ${error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error)}`);
  process.exitCode = 1;
}

async function draw(isCheck: boolean): Promise<void> {
  const cruised = await cruise();
  const committed = await readFile(FILE, "utf8");
  const drawn = [
    ["packages", picture(places(cruised, packageOf), arrows(cruised, packageOf))] as const,
    [
      "rooms",
      picture(
        places(cruised, roomOf).filter(isDrawn),
        arrows(cruised, roomOf).filter(([, to]) => isDrawn(to)),
      ),
    ] as const,
    ["faces", faces()] as const,
  ].reduce((text, [name, mermaid]) => between(text, name, mermaid), committed);
  if (drawn === committed) return;
  if (isCheck) throw new Error("the pictures in docs/architecture.md are stale; npm run docs:rooms draws them anew");
  await writeFile(FILE, drawn);
}

async function cruise(): Promise<Cruised> {
  const tool = fileURLToPath(import.meta.resolve("dependency-cruiser")).replace(/src\/main\/.*$/, "bin/dependency-cruise.mjs");
  const where = ["packages", "functions", "migrations", "infra", "sst.config.ts"];
  const options = ["--config", ".dependency-cruiser.cjs", "--output-type", "json", ...where];
  const { stdout } = await promisify(execFile)(process.execPath, [tool, ...options], { cwd: PROJECT, maxBuffer: 64 * 1024 * 1024 });
  return v.parse(Cruise, JSON.parse(stdout));
}

function isDrawn(room: string): boolean {
  return !EVERYWHERE.has(room);
}

/** The package of a file; null for what is no code of ours. */
function packageOf(path: string): string | null {
  return /^packages\/([^/]+)\/src\//.exec(path)?.[1] ?? /^(functions|infra|migrations)\//.exec(path)?.[1] ?? null;
}

/** The room of the core in which a file stands; null for a file that is not the core's. */
function roomOf(path: string): string | null {
  return /^packages\/core\/src\/([^/.]+)/.exec(path)?.[1] ?? null;
}

/** Every place that has a file, in the order of the alphabet. */
function places({ modules }: Cruised, placeOf: (path: string) => string | null): string[] {
  const found = modules.map(({ source }) => placeOf(source)).filter((place) => place !== null);
  return [...new Set(found)].toSorted();
}

/** Every arrow between two places, once, in the order of the alphabet. */
function arrows({ modules }: Cruised, placeOf: (path: string) => string | null): Arrow[] {
  const found = new Map<string, Arrow>();
  for (const { source, dependencies } of modules) {
    const from = placeOf(source);
    for (const { resolved } of dependencies) {
      const to = placeOf(resolved);
      if (from !== null && to !== null && from !== to) found.set(`${from} ${to}`, [from, to]);
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, arrow]) => arrow);
}

/** The arrows, and before them the places that have none. */
function picture(all: readonly string[], drawn: readonly Arrow[]): string {
  const alone = all.filter((place) => !drawn.flat().includes(place));
  const lines = [...alone, ...drawn.map(([from, to]) => `${from} --> ${to}`)].map((line) => `  ${line}`);
  return ["```mermaid", "flowchart TD", ...lines, "```"].join("\n");
}

/** By which files each room is entered, in the order of the plan. */
function faces(): string {
  const { ROOMS } = v.parse(Plan, createRequire(import.meta.url)("../../../.rooms.cjs"));
  const rows = Object.entries(ROOMS).map(([name, room]) => {
    const doors = Object.entries(room.doors).map(([by, more]) => `; by \`${by}\` also at ${names(more)}`);
    return `| \`${name}\` | ${names(room.faces)}${doors.join("")} |`;
  });
  return ["| Room | Is entered at |", "|---|---|", ...rows].join("\n");
}

function names(all: readonly string[]): string {
  return all.map((face) => `\`${face}\``).join(" ");
}

/** The text with the picture between its two markers. */
function between(text: string, name: string, mermaid: string): string {
  const [begin, end] = [`<!-- ${name}: written by npm run docs:rooms -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/architecture.md has no place for ${name}`);
  return `${text.slice(0, from + begin.length)}\n\n${mermaid}\n\n${text.slice(to)}`;
}
