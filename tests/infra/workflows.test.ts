// What the workflows of .github promise: the order in which a stage is deployed, who may meet a secret, and that nothing they name is
// missing. They are read as text of the one layout that they are written in; `readJobs` refuses any other.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SITE_VARIABLES } from "@pantheon/core/config/site-variables.ts";
import { VARIABLES } from "@pantheon/core/config/variables.ts";
import { ALL, block, count, FILES, jobOf, JOBS, ROOT, SCRIPTS, value } from "./support/read-workflows.ts";

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
      /^MIGRATION_DATABASE_URL: \$\{\{ (?:secrets\.MIGRATION_DATABASE_URL|steps\.branch\.outputs\.db_url) \}\}(?: #.*)?$/,
    );
    // The owner's address goes to what changes the schema, and nothing that is deployed is given it.
    const owned = steps.filter(({ env }) => /MIGRATION_DATABASE_URL|outputs\.db_url(?:_pooled)? /.test(env.join("\n")));
    for (const step of owned) expect(step.script).toMatch(/npm run migrate|npm run --silent db:role|::add-mask::/);
    for (const step of owned) expect(step.script).not.toMatch(/\bsst |\baws /);
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
    const own = new Set(["STAGE", "COMMIT_SHA", "SECRET_ID", "FILE_BUCKET"]);
    const handed = [...VARIABLES, ...SITE_VARIABLES].filter(({ name, secret }) => !secret && !own.has(name));
    const wanted = handed.map(({ name }) => `${name}: \${{ vars.${name} }}`);
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
