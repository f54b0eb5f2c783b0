// The script of named-test.ts: one vitest over a copy of the project, told by its parent what to run. It answers what became of every
// test with the names of the errors, which no report in a file has: only they tell an assertion from any other failure.

import { startVitest, type Reporter } from "vitest/node";

export type RunOrder = { readonly root: string; readonly files: readonly string[]; readonly pattern: string };

export type RunReport = {
  readonly tests: readonly { file: string; title: string; state: string; errors: readonly RunError[] }[];
  /** What kept a file from being loaded, or its hooks from passing. */
  readonly fileErrors: readonly { file: string; error: RunError }[];
};
export type RunError = { readonly name: string; readonly message: string };

process.once("message", (order: RunOrder) => void run(order));

async function run({ root, files, pattern }: RunOrder): Promise<void> {
  let report: RunReport = { tests: [], fileErrors: [] };
  const reporter: Reporter = {
    onTestRunEnd: (modules) => {
      report = {
        tests: modules.flatMap((module) =>
          [...module.children.allTests()].map((test) => {
            const { state, errors = [] } = test.result();
            return { file: module.moduleId, title: test.name, state, errors: errors.map(nameAndMessage) };
          }),
        ),
        fileErrors: modules.flatMap((module) => module.errors().map((error) => ({ file: module.moduleId, error: nameAndMessage(error) }))),
      };
    },
  };
  const vitest = await startVitest([...files], { root, testNamePattern: pattern, watch: false, reporters: [reporter] });
  await vitest.close();
  process.send?.(report, () => process.disconnect());
}

function nameAndMessage({ name = "Error", message = "" }: { name?: string; message?: string }): RunError {
  return { name, message };
}
