// What a database, a payment provider or a model provider writes into an error stays out of our log: a line has the error's class and code.

import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { errorName } from "@pantheon/core/log.ts";
import { projectFiles } from "../support/project-files.ts";
import { testWorld } from "../support/world.ts";

describe("an error in a log line", () => {
  it.each<[unknown, string]>([
    [new Error("canary"), "Error"],
    [new TypeError("canary"), "TypeError"],
    [Object.assign(new Error("canary"), { code: "ECONNRESET" }), "Error ECONNRESET"],
    [Object.assign(new Error("canary"), { code: "23505", detail: "canary" }), "Error 23505"],
    [Object.assign(new Error("canary"), { code: "can ary" }), "Error"],
    [Object.assign(new Error("canary"), { name: "canary\n{}" }), "Error"],
    ["canary", "string"],
    [null, "object"],
  ])("%s is %s", (error, name) => {
    expect(errorName(error)).toBe(name);
  });

  it("of a job that failed has no word of the database's", async () => {
    const world = await testWorld();
    try {
      await sql`alter table lost_answers rename to canary`.execute(world.owner.query);
      await expect(runJob(world.deps, { job: "verify" })).rejects.toThrow(/lost_answers/);
      const lines = world.log.lines.filter(({ message }) => message === "job failed");
      expect(lines.map(({ fields }) => fields)).toEqual([{ job: "verify", error: expect.stringMatching(/ 42P01$/) }]);
    } finally {
      await sql`alter table canary rename to lost_answers`.execute(world.owner.query);
      await world.end();
    }
  });

  it("is never its message: no file of the product gives one to a log", async () => {
    const files = await projectFiles("packages/{core,edge}/src/**/*.ts", "functions/**/*.ts");
    const told = files.filter(({ text }) => /error: (?:String\(error|error\.message|error instanceof Error \? error\.message)/.test(text));
    expect([files.length > 50, told.map(({ path }) => path)]).toEqual([true, []]);
  });
});
