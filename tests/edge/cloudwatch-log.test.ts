// A function's log is JSON lines that machines read, and what is named like a secret or like people's text never gets into them.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const LOG = new URL("../../packages/edge/src/lambda/cloudwatch-log.ts", import.meta.url).href;

/** The lines that a process writes which does this with its log: the library writes to the process and not to a stream of ours. */
async function linesOf(script: string): Promise<unknown[]> {
  const source = `import { createLog } from ${JSON.stringify(LOG)}; const log = createLog("turns", "dev", () => 1795000000000); ${script}`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], { timeout: 20_000 });
  return `${stdout}${stderr}`
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

it("is one JSON line an entry, with the function and its stage, whatever a value holds", async () => {
  const lines = await linesOf(`log.info("request", { user_id: "a\\n{}", ms: 3 }); log.warn("w"); log.error("e", { error: "TypeError" });`);
  expect(lines).toMatchObject([
    { level: "INFO", message: "request", function: "turns", stage: "dev", user_id: "a\n{}", ms: 3 },
    { level: "WARN", message: "w", function: "turns" },
    { level: "ERROR", message: "e", error: "TypeError" },
  ]);
});

it("counts in CloudWatch's embedded metric format, by function and stage", async () => {
  expect(await linesOf(`log.count("over_hold", { turn_id: "t-1" });`)).toMatchObject([
    {
      function: "turns",
      stage: "dev",
      over_hold: 1,
      turn_id: "t-1",
      _aws: {
        Timestamp: 1_795_000_000_000,
        CloudWatchMetrics: [
          { Namespace: "Pantheon", Dimensions: [["function", "stage"]], Metrics: [{ Name: "over_hold", Unit: "Count" }] },
        ],
      },
    },
  ]);
});

it("hides what is named like a secret or like people's text, and keeps the counts that only sound so", async () => {
  const hidden = [
    "token",
    "accessToken",
    "client_secret",
    "password",
    "Authorization",
    "cookie",
    "body",
    "apiKey",
    "api_key",
    "text",
    "prompt",
    "user_input",
  ];
  const shown = ["input_tokens_fresh", "max_output_tokens", "body_bytes", "request_id", "code"];
  const fields = Object.fromEntries([...hidden, ...shown].map((name) => [name, "canary"]));
  const [line] = await linesOf(`log.info("x", ${JSON.stringify(fields)});`);
  expect(line).toMatchObject({
    ...Object.fromEntries(hidden.map((name) => [name, "[redacted]"])),
    ...Object.fromEntries(shown.map((name) => [name, "canary"])),
  });
});
