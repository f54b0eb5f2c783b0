// `npm run stage:verify` as a person or CI runs it: a process of its own, its exit code, its file, and never a token in sight.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freshDatabase } from "../support/postgres.ts";
import { PROJECT } from "../support/project-files.ts";
import { withFront } from "../support/stage-front.ts";
import { COMMIT, OLD_COMMIT, runJobs, settingsOf, tokensOf, verifiableWorld } from "../support/stage-verification.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
let tokens: Awaited<ReturnType<typeof tokensOf>>;
let folder: string;
beforeAll(async () => {
  world = await verifiableWorld();
  tokens = await tokensOf(world);
  folder = await mkdtemp(join(tmpdir(), "pantheon-verify-"));
});
beforeEach(() => runJobs(world));
afterAll(async () => {
  await world.end();
  await rm(folder, { recursive: true, force: true });
});

type Ended = { code: number | null; out: string; err: string };

/** Starts a script of the local package in the folder; what it may know of the environment is what is given here. */
function start(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: folder, timeout: 50_000, env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", PANTHEON_HOME: folder, ...env } };
  const child = spawn(
    process.execPath,
    [join(PROJECT, script.startsWith("start") ? "packages/local/src" : "packages/ops/src", script), ...args],
    options,
  );
  const said = { out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => (said.out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (said.err += text.toString()));
  const ended = once(child, "close").then(([code]): Ended => ({ code, ...said }));
  return { child, said, ended };
}

const verify = (args: readonly string[], env?: Readonly<Record<string, string>>) => start("stage-verify.ts", args, env);

const withTokens = () => ({
  STAGE_VERIFY_TOKEN: tokens.user,
  STAGE_VERIFY_ADMIN_TOKEN: tokens.admin,
  STAGE_VERIFY_EMPTY_TOKEN: tokens.empty ?? "",
});

const evidenceOf = async (file = "evidence.json"): Promise<Json> => JSON.parse(await readFile(join(folder, file), "utf8"));

const failed = (evidence: Json): string[] => evidence.rows.filter(({ ok }: Json) => ok === false).map(({ id }: Json) => id);

describe("stage:verify", () => {
  it("ends with 0 on a good stage, with a table, and with every row in its file and no token anywhere", async () => {
    const { code, out, err } = await verify(["--url", `${world.apiUrl}/`, "--expect-commit", COMMIT], withTokens()).ended;
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("59 green; the evidence is in evidence.json");
    const evidence = await evidenceOf();
    expect([evidence.ok, evidence.rows.length, failed(evidence)]).toEqual([true, 59, []]);
    expect(out.match(/✓/g)).toHaveLength(59);
    for (const row of evidence.rows) {
      expect(Object.keys(row)).toEqual(["id", "what", "expected", "seen", "outcome", "ok", "request_id", "ms"]);
      expect(out).toContain(row.id);
    }
    expect(out + JSON.stringify(evidence)).not.toMatch(/eyJ|Bearer/);
  });

  it("ends with 1 on a stale function, names it, and takes its tokens as flags", async () => {
    const args = ["--token", tokens.user, "--admin-token", tokens.admin, "--empty-token", tokens.empty ?? "", "--out", "stale.json"];
    const { code, out } = await withFront(
      world,
      { functions: { users: { commit: OLD_COMMIT } } },
      (url) => verify(["--url", url, "--expect-commit", COMMIT, ...args], { STAGE_VERIFY_TOKEN: "another" }).ended,
    );
    expect(code).toBe(1);
    expect(out).toContain(`users answers ${OLD_COMMIT.slice(0, 12)}, expected ${COMMIT.slice(0, 12)}`);
    expect(failed(await evidenceOf("stale.json"))).toEqual(["health.users", "drift.commit", "drift.answers"]);
  });

  it("ends with 1 when a row in the middle fails, with everything put back", async () => {
    world.provider.behave("openai/gpt-4o-mini", "fake-500");
    const { ended } = verify(["--url", world.apiUrl, "--expect-commit", COMMIT, "--skip-maintenance"], withTokens());
    const { code, out } = await ended.finally(() => world.provider.behave("openai/gpt-4o-mini", null));
    expect([code, await settingsOf(world)]).toEqual([1, { price: "1", override: null, sessions: 0 }]);
    expect(out).toMatch(/✗ turn\n {4}expected {2}201, completed, .*\n {4}seen {6}502 provider_failed: .*\n {4}request {3}verify-/);
    expect(out).toContain("3 skipped");
    expect(failed(await evidenceOf())).toContain("turn");
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends with 1 on %s, having put back what it had changed", async (signal) => {
    const running: { child?: ChildProcess; override?: boolean | null } = {};
    const ended = await withFront(
      world,
      {
        intercept: async (request, next) => {
          const answer = await next(request);
          if (request.method === "PATCH" && new URL(request.url).pathname.endsWith("/enforcement")) {
            running.override ??= (await settingsOf(world)).override;
            running.child?.kill(signal);
            await once(running.child?.stderr ?? process, "data"); // it has taken notice
          }
          return answer;
        },
      },
      (url) => {
        const started = verify(["--url", url, "--expect-commit", COMMIT], withTokens());
        running.child = started.child;
        return started.ended;
      },
    );
    expect([running.override, ended.code, await settingsOf(world)]).toEqual([true, 1, { price: "1", override: null, sessions: 0 }]);
    expect(ended.err).toContain("stopping; what was changed is put back first");
    const evidence = await evidenceOf();
    expect(failed(evidence)).toEqual(expect.arrayContaining(["enforcement.refuses", "reconciliation"]));
    expect(failed(evidence)).not.toContain("enforcement.back");
  });

  it("with --local verifies the local world that npm start serves, its jobs included", async () => {
    const database = await freshDatabase();
    const env = { PORT: "0", DATABASE_URL: database.url };
    const served = start("start.ts", ["--no-tour"], env);
    try {
      while (!served.said.out.includes("Serving") && served.child.exitCode === null) await once(served.child.stdout, "data");
      const { code, out, err } = await verify(["--local"]).ended;
      expect([code, err.replaceAll(/^.*waiting up to .*\n/gm, "")]).toEqual([0, ""]);
      expect(out).toContain("59 green");
    } finally {
      served.child.kill("SIGTERM");
      await served.ended;
      await database.drop();
    }
  });

  it("says how it is used", async () => {
    const { code, out } = await verify(["--help"]).ended;
    expect([code, out]).toEqual([0, expect.stringContaining("Usage: npm run stage:verify")]);
    expect(out).toContain("cannot be taken back");
  });
});

const URL_AND = ["--url", "https://stage.example"];

describe("what cannot be run ends with 2 and one line, in which nothing secret is repeated:", () => {
  it.each<[what: string, args: readonly string[], line: string]>([
    ["an unknown flag", ["--nope"], "Unknown option '--nope'"],
    ["an argument without a flag", ["hunter2"], "an argument stands alone"],
    ["a flag without its value", ["--url"], "argument missing"],
    ["no token", URL_AND, "--token (or STAGE_VERIFY_TOKEN) is missing"],
    ["no admin's token", [...URL_AND, "--token", "hunter2"], "--admin-token (or STAGE_VERIFY_ADMIN_TOKEN) is missing"],
    ["what is no token", [...URL_AND, "--token", "hunter2\nX: y"], "--token (or STAGE_VERIFY_TOKEN) is not a token"],
    ["a token without an address", ["--token", "hunter2"], "give --url, --token and --admin-token of a stage, or --local"],
    ["a token for the local world", ["--local", "--token", "hunter2"], "--local takes no --token"],
    ["the local world and an address", [...URL_AND, "--local"], "--local takes no --url"],
    ["plain http to another machine", ["--url", "http://stage.example"], "--url must be an https:// address"],
    ["an address with a password", ["--url", "https://me:hunter2@stage.example"], "--url must be a plain address"],
    ["an address of the API", ["--url", "https://stage.example/api/v1"], "--url is the base, without /api/v1"],
    ["a commit that is none", [...URL_AND, "--token", "t", "--admin-token", "t", "--expect-commit", "a b"], "--expect-commit must be"],
    ["no seconds", [...URL_AND, "--token", "t", "--admin-token", "t", "--sweep-wait", "long"], "--sweep-wait must be"],
    ["neither", [], "give --url, --token and --admin-token of a stage, or --local for the local world that npm start serves"],
    ["no local world", ["--local"], "no local world runs: run npm start first"],
    [
      "a stage that is away",
      ["--url", "http://127.0.0.1:9", "--token", "hunter2", "--admin-token", "hunter2"],
      "nothing answers at http://127.0.0.1:9",
    ],
    [
      "a file that cannot be",
      ["--url", "http://127.0.0.1:9", "--token", "hunter2", "--admin-token", "hunter2", "--out", "no/such/folder.json"],
      "--out cannot be written",
    ],
  ])("%s", async (_what, args, line) => {
    const { code, out, err } = await verify(args).ended;
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(line);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).not.toContain("hunter2");
  });
});
