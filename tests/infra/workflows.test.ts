// What the workflows of .github promise: the order in which a stage is deployed, who may meet a secret, and that nothing they name is
// missing. They are read as text of the one layout that they are written in; `readJobs` refuses any other.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SECRET_PARTS } from "../../infra/secret-parts.ts";
import { VARIABLES } from "@pantheon/core/config/variables.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, ".github/workflows");
const FILES = Object.fromEntries(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]));
const ALL = Object.values(FILES).join("\n");
const JOBS = Object.entries(FILES).flatMap(([file, text]) => readJobs(file, text));
const SCRIPTS = JOBS.flatMap((job) => job.steps.map((step) => step.script)).join("\n");

describe("every workflow", () => {
  test.each(Object.entries(FILES))("%s gives no job a right that the job does not ask for", (_, text) => {
    expect(text).toMatch(/^permissions: \{\}$/m);
  });

  test.each(JOBS)("$name asks for the least, and ends", ({ lines, steps }) => {
    const permissions = block(lines, "permissions");
    expect(permissions).toContain("contents: read");
    expect(permissions.filter((line) => !["contents: read", "id-token: write"].includes(line))).toEqual([]);
    if (steps.length > 0) expect(Number(value(lines, "timeout-minutes"))).toBeGreaterThan(0);
    else expect(value(lines, "uses")).toMatch(/^\.\/\.github\/workflows\//); // what is called has its own
  });

  test("takes actions by their commit, and each by one commit", () => {
    const used = [...ALL.matchAll(/\buses: ([^./][^@\s]*)@(.*)$/gm)];
    const commits = new Map<string, Set<string>>();
    for (const [, action = "", commit = ""] of used) {
      expect(commit).toMatch(/^[0-9a-f]{40} # v?\d+\.\d+\.\d+$/);
      commits.set(action, new Set([...(commits.get(action) ?? []), commit]));
    }
    expect(used.length).toBeGreaterThan(0);
    expect([...commits].filter(([, of]) => of.size > 1)).toEqual([]);
  });

  test("names only scripts and files that there are", () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const run = [...SCRIPTS.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = ""]) => name);
    expect(run).toEqual(expect.arrayContaining(["migrate", "stage:verify", "chaos", "attack", "test:mutants"]));
    expect([...new Set(run)].filter((name) => scripts[name] === undefined)).toEqual([]);
    const named = [...ALL.matchAll(/(?<!\.)\.\/(\.[\w./-]+)|\b(docs\/\w+\.md)/g)];
    expect(named.length).toBeGreaterThan(0);
    expect(named.map(([, file, document]) => file ?? document ?? "").filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

/** What a step's script is given that nobody may read: names of its environment. */
function secretNames(env: readonly string[]): string[] {
  return env.filter((line) => /\bsecrets\.|outputs\.db_url/.test(line)).map((line) => line.split(":")[0] ?? "");
}

describe("a secret", () => {
  test("is given to single steps alone, never to a whole job or workflow", () => {
    for (const { lines, steps } of JOBS) {
      const [ofJob, ofSteps] = [lines.join("\n"), steps.map((step) => step.lines.join("\n")).join("\n")];
      expect(count(ofJob, /\bsecrets\./g)).toBe(count(ofSteps, /\bsecrets\./g));
    }
    for (const text of Object.values(FILES)) expect(text.split(/^jobs:$/m)[0]).not.toMatch(/secrets\./);
  });

  test("is in no command: scripts are put together from nothing, and use its variable for masking only", () => {
    const steps = JOBS.flatMap((job) => job.steps);
    expect(steps.flatMap((step) => secretNames(step.env))).toContain("DATABASE_POOL_URL");
    for (const { script, env } of steps) {
      expect(script).not.toContain("${{");
      expect(script).not.toMatch(/\bset -\w*x|\bprintenv\b|^\s*env\s*$/m);
      for (const name of secretNames(env)) {
        const uses = script.split("\n").filter((line) => new RegExp(`\\$\\{?${name}\\b`).test(line));
        expect(uses.filter((line) => !line.includes("::add-mask::"))).toEqual([]);
      }
    }
  });

  test("meets no code of a fork", () => {
    expect(ALL).not.toMatch(/pull_request_target|workflow_run/);
    const onPullRequest = JOBS.filter(({ file }) => /^ {2}pull_request:/m.test(FILES[file] ?? ""));
    const trusted = onPullRequest.filter(({ lines }) => /secrets\.|secrets: inherit|id-token|environment:/.test(lines.join("\n")));
    expect(trusted.map(({ name }) => name)).toEqual(["preview.yml deploy", "preview.yml remove"]);
    for (const { lines } of [...trusted, jobOf("preview.yml", "build")]) {
      expect(block(lines, "if").join(" ")).toMatch(/&& github\.event\.pull_request\.head\.repo\.full_name == github\.repository$/);
    }
  });
});

describe("a job that can take on a role", () => {
  const trusted = JOBS.filter(({ lines, steps }) => steps.length > 0 && block(lines, "permissions").includes("id-token: write"));

  test("runs no package's own script, and installs nothing but to remove a stage", () => {
    expect(trusted.map(({ name }) => name)).toEqual(["deploy-stage.yml deploy", "preview.yml deploy", "preview.yml remove"]);
    for (const { name, steps } of trusted) {
      const installs = steps.flatMap(({ script }) => script.match(/\bnpm (?:ci|install|i|rebuild|exec)\b.*$/gm) ?? []);
      expect([name, installs]).toEqual([name, name.endsWith("remove") ? ["npm ci --ignore-scripts && npm rebuild node esbuild"] : []]);
    }
  });

  test.each(["deploy-stage.yml", "preview.yml"])("of %s gets what a job without one installed, by the list, and that job is given nothing", (file) => {
    const [build, deploy] = [jobOf(file, "build"), jobOf(file, "deploy")];
    expect([value(deploy.lines, "needs"), block(build.lines, "permissions")]).toEqual(["build", ["contents: read"]]);
    expect(build.lines.join("\n")).not.toMatch(/secrets\.|vars\.|environment:/);
    const scripts = build.steps.map(({ script }) => script).join("\n");
    expect(scripts).toContain("npm ci --ignore-scripts && npm rebuild node esbuild\n");
    expect(scripts).toContain("npm sbom --sbom-format cyclonedx");
    const { allowScripts }: { allowScripts: Record<string, boolean> } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect([allowScripts["node"], allowScripts["esbuild"]]).toEqual([true, true]);
  });

  test("of a stage that others use is started from main alone", () => {
    for (const name of ["build", "deploy"]) {
      expect(value(jobOf("deploy-stage.yml", name).lines, "if")).toBe("github.ref == 'refs/heads/main'");
    }
    expect(value(jobOf("rollback.yml", "rollback").lines, "if")).toBe("github.ref == 'refs/heads/main'");
  });
});

describe("a preview", () => {
  const { steps } = jobOf("preview.yml", "deploy");
  const apart = steps.findIndex(({ script }) => script.includes("apart()"));

  test("says that it reaches nothing of another stage before it is given anything", () => {
    const before = steps.slice(0, apart).map(({ lines }) => lines.join("\n"));
    expect(before.join("\n")).not.toMatch(/secrets\.|role-to-assume|npm run|sst /);
    expect(steps[apart]?.lines.join("\n")).not.toMatch(/^ {8}if:/m);
  });

  test.each<[string, Record<string, string>, boolean]>([
    ["everything of its own", {}, true],
    ["production's account", { ROLE: "arn:aws:iam::111111111111:role/x" }, false],
    ["staging's account", { ROLE: "arn:aws:iam::222222222222:role/x" }, false],
    ["their Neon project", { NEON_PROJECT_ID: "live-1" }, false],
    ["their issuer", { AUTH_ISSUER: "https://auth.example" }, false],
    ["no issuer", { AUTH_ISSUER: "" }, false],
    ["a list that nobody filled", { KEPT_AWS_ACCOUNTS: "" }, false],
    ["a list of projects that nobody filled", { KEPT_NEON_PROJECTS: "" }, false],
  ])("with %s goes on or not", (_what, more, goes) => {
    const env = {
      PATH: process.env["PATH"],
      ROLE: "arn:aws:iam::333333333333:role/preview",
      NEON_PROJECT_ID: "preview-1",
      AUTH_ISSUER: "https://preview.auth.example",
      KEPT_AWS_ACCOUNTS: "111111111111,222222222222",
      KEPT_NEON_PROJECTS: "live-1",
      KEPT_AUTH_ISSUERS: "https://auth.example,https://staging.auth.example",
      ...more,
    };
    const { status } = spawnSync("bash", ["-eo", "pipefail", "-c", steps[apart]?.script ?? ""], { env });
    expect(status === 0).toBe(goes);
  });

  test("fills every part of its stage's secrets", () => {
    const parts = Object.keys(SECRET_PARTS).map((part) => (part === "base" ? '""' : `/${part}`));
    expect(steps.map(({ script }) => script).join("\n")).toContain(`for part in ${parts.join(" ")}; do`);
  });
});

describe("the repository", () => {
  test("has its dependencies and actions watched, and an owner for everything", () => {
    const watched = readFileSync(join(ROOT, ".github/dependabot.yml"), "utf8");
    expect([...watched.matchAll(/package-ecosystem: ([\w-]+)/g)].map(([, name]) => name)).toEqual(["npm", "github-actions"]);
    const owned = readFileSync(join(ROOT, ".github/CODEOWNERS"), "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(owned[0]).toMatch(/^\* +@/);
    const paths = owned.map((line) => line.split(/ +/)[0] ?? "").slice(1);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(["/.github/", "/infra/", "/migrations/", "/packages/edge/src/auth/"]));
  });
});

describe("a deploy", () => {
  const deploying = JOBS.filter(({ steps }) => steps.some(({ script }) => script.includes("sst deploy")));

  test("of main goes from the check over staging to production, with one commit", () => {
    expect(value(jobOf("deploy.yml", "staging").lines, "needs")).toBe("check");
    expect(value(jobOf("deploy.yml", "production").lines, "needs")).toBe("staging");
    for (const stage of ["staging", "production"]) {
      const { lines } = jobOf("deploy.yml", stage);
      expect(value(lines, "uses")).toBe("./.github/workflows/deploy-stage.yml");
      expect(value(lines, "if")).toBe("");
      expect(block(lines, "with")).toEqual([`stage: ${stage}`, "commit: ${{ github.sha }}"]);
    }
    expect(FILES["deploy.yml"]).toMatch(/^on:\n {2}push:\n {4}branches: \[main\]\n\n/m);
  });

  test("of a named stage waits for what its environment asks for", () => {
    expect(value(jobOf("deploy-stage.yml", "deploy").lines, "environment")).toBe("${{ inputs.stage }}");
  });

  test.each(deploying)("by $name migrates before the functions, shows, deploys, and then asks the stage", ({ steps }) => {
    const texts = ["built.tgz", "npm run migrate", "sst diff --stage", "sst deploy --stage", "npm run stage:verify -- "];
    const script = steps.map((step) => step.script).join("\n");
    const order = texts.map((text) => script.indexOf(text));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(texts.filter((text) => script.split(text).length !== 2)).toEqual([]); // each once
    const at = (text: string) => steps.findIndex((step) => step.script.includes(text));
    expect(steps[at("npm run migrate")]?.env.join()).toMatch(
      /^DATABASE_URL: \$\{\{ (?:secrets\.DATABASE_URL|steps\.branch\.outputs\.db_url) \}\}$/,
    );
    expect(steps[at("npm run stage:verify")]?.script).toContain('--expect-commit "$COMMIT_SHA"');
    for (const { lines } of steps) expect(lines.join("\n")).not.toContain("continue-on-error");
    for (const text of texts.slice(2)) expect(value(steps[at(text)]?.lines ?? [], "if", 8)).toBe("");
  });

  test("migrates unless it goes back", () => {
    const { steps } = jobOf("deploy-stage.yml", "deploy");
    expect(value(steps.find(({ script }) => script.includes("migrate"))?.lines ?? [], "if", 8)).toBe("${{ !inputs.back }}");
    expect(block(jobOf("rollback.yml", "rollback").lines, "with")).toContain("back: true");
  });

  test("is alone on its stage and never cut off, and so is a removal", () => {
    const changing = JOBS.filter(({ steps }) => steps.some(({ script }) => /\bsst (?:deploy|remove)\b/.test(script)));
    expect(changing.map(({ name }) => name)).toEqual(["deploy-stage.yml deploy", "preview.yml deploy", "preview.yml remove"]);
    for (const { lines, env } of changing) {
      const stage = env.find((line) => line.startsWith("STAGE: "))?.slice("STAGE: ".length);
      expect(block(lines, "concurrency").map((line) => line.split(" #")[0])).toEqual([
        `group: stage-${stage}`,
        "cancel-in-progress: false",
      ]);
    }
  });

  test.each(deploying)("by $name hands on every variable of the contract that is no secret", ({ env }) => {
    const own = new Set(["STAGE", "COMMIT_SHA", "SECRET_ID"]);
    const wanted = VARIABLES.filter(({ name, secret }) => !secret && !own.has(name)).map(({ name }) => `${name}: \${{ vars.${name} }}`);
    expect(env.filter((line) => line.includes("vars.") && !line.startsWith("ALARM_EMAIL:"))).toEqual(wanted);
  });

  test("of a pull request is taken back as it was made, its database also when the rest fails", () => {
    const [deploy, remove] = [jobOf("preview.yml", "deploy"), jobOf("preview.yml", "remove")];
    const number = "pr-${{ github.event.number }}";
    expect([...deploy.env, ...remove.env].filter((line) => line.startsWith("STAGE:"))).toEqual([`STAGE: ${number}`, `STAGE: ${number}`]);
    expect(deploy.lines).toContain(`          branch_name: ${number}`);
    const last = remove.steps.at(-1);
    expect(last?.lines).toEqual(expect.arrayContaining(["        if: ${{ !cancelled() }}", `          branch: ${number}`]));
    expect(last?.lines.join("\n")).toContain("neondatabase/delete-branch-action@");
    expect(block(deploy.lines, "if").join(" ")).toContain("github.event.action != 'closed'");
    expect(block(remove.lines, "if").join(" ")).toContain("github.event.action == 'closed'");
  });
});

type Step = { readonly lines: readonly string[]; readonly env: readonly string[]; readonly script: string };
type Job = {
  readonly file: string;
  readonly name: string;
  readonly lines: readonly string[];
  readonly env: readonly string[];
  readonly steps: readonly Step[];
};

/** Jobs stand two deep, what they have four, their steps six. Comments are left out. */
function readJobs(file: string, text: string): Job[] {
  const body = text.split(/^jobs:$/m)[1];
  if (body === undefined || /\t/.test(text)) throw new Error(`${file} is not laid out like the others`);
  const lines = body.split("\n").filter((line) => line.trim() !== "" && !/^\s*#/.test(line));
  return chunks(lines, /^ {2}[\w-]+:$/).map((job) => {
    const stepLines = job.slice(job.indexOf("    steps:") + 1);
    const steps = job.includes("    steps:") ? chunks(stepLines, /^ {6}- /).map((step) => readStep(step)) : [];
    return { file, name: `${file} ${job[0]?.trim().slice(0, -1)}`, lines: job, env: block(job, "env"), steps };
  });
}

function readStep(given: readonly string[]): Step {
  const lines = given.map((line) => line.replace(/^ {6}- /, "        "));
  const inline = value(lines, "run", 8);
  return { lines, env: block(lines, "env", 8), script: inline === "|" ? block(lines, "run", 8).join("\n") : inline };
}

/** Each from a line that begins one up to the next that does. */
function chunks(lines: readonly string[], begins: RegExp): string[][] {
  const found: string[][] = [];
  for (const line of lines) {
    if (begins.test(line)) found.push([]);
    const last = found.at(-1);
    if (last === undefined) throw new Error(`nothing begins before: ${line}`);
    last.push(line);
  }
  return found;
}

/** What stands behind a key; empty when there is none, or when it has a block. */
function value(lines: readonly string[], key: string, indent = 4): string {
  const line = lines.find((each) => each.startsWith(`${" ".repeat(indent)}${key}:`));
  return (
    line
      ?.slice(indent + key.length + 1)
      .replace(/ # .*$/, "")
      .trim() ?? ""
  );
}

/** The lines below a key, without their indentation; of a key with a value, that. */
function block(lines: readonly string[], key: string, indent = 4): string[] {
  const at = lines.findIndex((line) => line.startsWith(`${" ".repeat(indent)}${key}:`));
  if (at === -1) return [];
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !line.startsWith(" ".repeat(indent + 1)));
  const below = rest.slice(0, end === -1 ? rest.length : end).map((line) => line.trim().replace(/(?<=write|read) # .*$/, ""));
  return below.length > 0 ? below : [value(lines, key, indent)];
}

function jobOf(file: string, name: string): Job {
  const job = JOBS.find((each) => each.name === `${file} ${name}`);
  if (job === undefined) throw new Error(`there is no job ${name} in ${file}`);
  return job;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
