// Every stage of sst.config.ts, evaluated against the real platform without an account: what would be made on AWS is exactly what is
// expected, and a wrong configuration is found out.

import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functionFor } from "@pantheon/functions/functions.ts";
import { operationsOf } from "../support/openapi-document.ts";
import { readProjectFile } from "../support/project-files.ts";
import { startCliServices, type CliServices } from "./support/cli-services.ts";
import { CANARY, EVERYTHING, LEAST } from "./support/deploy-environment.ts";
import { describeStage } from "./support/describe-stage.ts";
import { differences } from "./support/differences.ts";
import { evaluateStage, type Edit, type Evaluated } from "./support/evaluate-stage.ts";
import { expectedStage, type StageName } from "./support/expected-stage.ts";
import { FAULTS, TYPE_FAULT } from "./support/deliberate-faults.ts";
import { physicalNames, shared } from "./support/physical-names.ts";
import { PLATFORM_REQUIRED, platformMissing } from "./support/platform.ts";
import { doorFor, routeFor } from "./support/routing.ts";
import { typeFaults } from "./support/type-check.ts";

const STAGES = ["dev", "staging", "production"] as const;
const MINUTES = 60_000;

const Manifest = v.object({ version: v.string() });

const missing = platformMissing();
if (missing !== null) process.stderr.write(`${missing}\n`);

it.runIf(PLATFORM_REQUIRED)("the platform is installed where the infrastructure must be checked", () => {
  expect(missing).toBeNull();
});

describe.skipIf(missing !== null)("the infrastructure", () => {
  let services: CliServices;
  const stages = new Map<StageName, Evaluated>();
  const evaluated = (stage: StageName) => {
    const found = stages.get(stage);
    if (found === undefined) throw new Error(`${stage} was not evaluated`);
    return found;
  };
  const production = (edits: readonly Edit[]) => evaluateStage({ stage: "production", environment: EVERYTHING, edits }, services);

  beforeAll(async () => {
    services = await startCliServices();
    for (const stage of STAGES) {
      stages.set(stage, await evaluateStage({ stage, environment: stage === "dev" ? LEAST : EVERYTHING }, services));
    }
  }, 10 * MINUTES);
  afterAll(() => services.end());

  it.each(STAGES)("of %s is exactly what is expected, down to the last resource", (stage) => {
    expect(differences(describeStage(evaluated(stage)), expectedStage(stage))).toEqual([]);
  });

  it(
    "type-checks against the platform, and would not if it were wrong",
    async () => {
      expect(await typeFaults()).toBe("");
      expect(await typeFaults(TYPE_FAULT)).toContain("infra/functions.ts");
    },
    10 * MINUTES,
  );

  it("brings every operation, and its preflight, to the function that answers its address", async () => {
    const documented = operationsOf(await readProjectFile("docs/openapi.json"));
    const operations = documented.filter(({ path }) => functionFor(path) !== "completions"); // it has a URL of its own alone
    expect(operations.length).toBeGreaterThan(30);
    for (const stage of STAGES) {
      const { routes } = describeStage(evaluated(stage)).api;
      const reached = (method: string, path: string) => {
        const key = routeFor(Object.keys(routes), method, path);
        return key === null ? null : routes[key]?.replace(`NONE AWS_PROXY 2.0 pantheon-${stage}-`, "");
      };
      for (const { method, path } of operations) {
        const asked = path.replaceAll(/\{\w+\}/g, "x");
        expect(`${asked} ${reached(method, asked)}`).toBe(`${asked} ${functionFor(asked)}`);
        expect(`OPTIONS ${asked} ${reached("OPTIONS", asked)}`).toBe(`OPTIONS ${asked} ${functionFor(asked)}`);
      }
      const others = [
        "/",
        "/webhooks",
        "/webhooks/stripes",
        "/api",
        "/api/v1x",
        "/api/v2/sessions",
        "/api/v1/nothing",
        "/api/v1/health/nobody",
      ];
      for (const path of others) expect(`${path} ${reached("GET", path)}`).toBe(`${path} ${functionFor(path)}`);
    }
  });

  it("brings every operation at the one address to what answers it, streams to what streams, and everything else to the pages", async () => {
    const operations = operationsOf(await readProjectFile("docs/openapi.json"));
    for (const stage of STAGES) {
      const reached = (path: string) => doorFor(describeStage(evaluated(stage)), path);
      for (const { path } of operations) {
        const asked = path.replaceAll(/\{\w+\}/g, "x.y");
        const own = functionFor(asked) === "completions" ? "completions" : "api";
        const streamed = { "/turns/stream": "turns-stream", "/admin/usage/export.csv": "admin-stream" };
        const expected = Object.entries(streamed).find(([end]) => asked.endsWith(end))?.[1] ?? own;
        expect(`${asked} ${reached(asked)}`).toBe(`${asked} ${expected}`);
      }
      const apis = ["/api", "/api/v2", "/api/v1/nothing", "/webhooks/other"].map((path) => reached(path));
      expect(new Set(apis)).toEqual(new Set(["api"]));
      const pages = ["/", "/usage", "/operator/people/some.body", "/config.json", "/assets/gone.js", "/apis", "/v1x", "/signed-in"];
      expect(new Set(pages.map(reached))).toEqual(new Set(["site"]));
    }
  });

  it("never gives two stages one name", () => {
    const [dev = [], staging = [], live = []] = STAGES.map((stage) => physicalNames(evaluated(stage).resources));
    expect(dev.length).toBeGreaterThan(30);
    expect([...shared(dev, staging), ...shared(dev, live), ...shared(staging, live)]).toEqual([]);
    expect(shared(dev, dev)).toEqual(dev);
  });

  it("passes nothing secret on, though the deploying machine knows every secret", () => {
    expect(JSON.stringify(EVERYTHING)).toContain(CANARY);
    for (const stage of STAGES) expect(JSON.stringify(evaluated(stage).resources)).not.toContain(CANARY);
  });

  it("is written for the version of SST that is installed", async () => {
    const { version } = v.parse(Manifest, JSON.parse(await readProjectFile("node_modules/sst/package.json")));
    for (const stage of STAGES) expect(evaluated(stage).app.version).toBe(version);
  });

  it(
    "is not made by `sst dev`, whose functions would lack what it needs",
    async () => {
      await expect(evaluateStage({ stage: "dev", environment: LEAST, dev: true }, services)).rejects.toThrow(/`npm start` runs all of it/);
    },
    5 * MINUTES,
  );

  it(
    "of production is not made without the commit that it is made of",
    async () => {
      const { COMMIT_SHA: _, ...environment } = EVERYTHING;
      await expect(evaluateStage({ stage: "production", environment }, services)).rejects.toThrow(/deployed only with COMMIT_SHA/);
    },
    5 * MINUTES,
  );

  it.each(Object.entries(FAULTS))(
    "is found out when it is wrong: %s",
    async (_, faults) => {
      const found = differences(describeStage(await production(faults.map(({ edit }) => edit))), expectedStage("production"));
      for (const { edit, breaks } of faults) {
        expect(
          found.some((line) => breaks.test(line)),
          `${edit.from} → ${edit.to}\n${found.join("\n")}`,
        ).toBe(true);
      }
      expect(found.filter((line) => !faults.some(({ breaks }) => breaks.test(line)))).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    "guards the admin URL by signed requests when a stage says so, and changes nothing else",
    async () => {
      const option = {
        file: "infra/stages.ts",
        from: "return NAMED.get(stage) ?? DEV;",
        to: 'return { ...(NAMED.get(stage) ?? DEV), adminUrl: "iam" };',
      };
      const found = differences(describeStage(await production([option])), expectedStage("production"));
      expect(found).toEqual([
        'functions › pantheon-production-admin-stream › url › authorization: "AWS_IAM", not "NONE"',
        'functions › pantheon-production-admin-stream › invokers: [], not ["lambda:InvokeFunction * true","lambda:InvokeFunctionUrl * NONE"]',
        expect.stringMatching(/^doors › pantheon-production › origins: /),
        expect.stringMatching(/^doors › pantheon-production › paths: (?!.*admin-stream.*, not )/),
        "kinds › aws:lambda/permission:Permission: 33, not 35",
      ]);
    },
    5 * MINUTES,
  );

  it(
    "encrypts with a key of the stage's own when a stage says so, which every function may use to read and for nothing else",
    async () => {
      const option = {
        file: "infra/stages.ts",
        from: "return NAMED.get(stage) ?? DEV;",
        to: "return { ...(NAMED.get(stage) ?? DEV), ownKey: true };",
      };
      const [is, was] = [describeStage(await production([option])), expectedStage("production")];
      expect(is.keyed.map((line) => line.split(" ")[0]).toSorted((a = "", b = "") => a.localeCompare(b))).toEqual([
        ...Array.from({ length: 12 }, () => "Function"),
        ...Array.from({ length: 13 }, () => "LogGroup"),
        ...Array.from({ length: 5 }, () => "Secret"),
        "Topic",
      ]);
      const others = differences(is, was).filter((line) => !line.startsWith("keyed"));
      expect(
        others.filter(
          (line) =>
            !/^functions › \S+ › policies › statements: .*\["kms:Decrypt"\],"effect":"Allow","resources":\["arn:aws:kms:[^*"]+"\]/.test(
              line,
            ),
        ),
      ).toEqual(["kinds › aws:kms/key:Key: 1, not undefined"]);
      expect(others).toHaveLength(13);
    },
    5 * MINUTES,
  );
});
