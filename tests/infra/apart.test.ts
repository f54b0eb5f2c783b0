// What keeps code that nobody reviewed away from what matters: installs from roles, previews from other stages, branches from deploys.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SECRET_PARTS } from "../../infra/secret-parts.ts";
import { block, jobOf, JOBS, ROOT, value } from "./support/read-workflows.ts";

describe("a job that can take on a role", () => {
  const trusted = JOBS.filter(({ lines, steps }) => steps.length > 0 && block(lines, "permissions").includes("id-token: write"));

  test("runs no package's own script, and installs nothing but to remove a stage", () => {
    expect(trusted.map(({ name }) => name)).toEqual(["deploy-stage.yml deploy", "preview.yml deploy", "preview.yml remove"]);
    for (const { name, steps } of trusted) {
      const installs = steps.flatMap(({ script }) => script.match(/\bnpm (?:ci|install|i|rebuild|exec)\b.*$/gm) ?? []);
      expect([name, installs]).toEqual([name, name.endsWith("remove") ? ["npm ci --ignore-scripts && npm rebuild node esbuild"] : []]);
    }
  });

  test.each(["deploy-stage.yml", "preview.yml"])(
    "of %s gets what a job without one installed, by the list, and that job is given nothing",
    (file) => {
      const [build, deploy] = [jobOf(file, "build"), jobOf(file, "deploy")];
      expect([value(deploy.lines, "needs"), block(build.lines, "permissions")]).toEqual(["build", ["contents: read"]]);
      expect(build.lines.join("\n")).not.toMatch(/secrets\.|vars\.|environment:/);
      const scripts = build.steps.map(({ script }) => script).join("\n");
      expect(scripts).toContain("npm ci --ignore-scripts && npm rebuild node esbuild\n");
      expect(scripts).toContain("npm sbom --sbom-format cyclonedx");
      const { allowScripts }: { allowScripts: Record<string, boolean> } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      expect([allowScripts["node"], allowScripts["esbuild"]]).toEqual([true, true]);
    },
  );

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
    const owned = readFileSync(join(ROOT, ".github/CODEOWNERS"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(owned[0]).toMatch(/^\* +@/);
    const paths = owned.map((line) => line.split(/ +/)[0] ?? "").slice(1);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(["/.github/", "/infra/", "/migrations/", "/packages/edge/src/auth/"]));
  });
});
