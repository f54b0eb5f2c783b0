// `npm run stage:verify`: is a stage the code we think it is, and does the money path work there? Prints a table and writes the evidence.

import { writeFileSync } from "node:fs";
import { LocalConfigError, readLocalHome, readVerifyTokens } from "./place.ts";
import { HELP, readOptions, UsageError, type Asked } from "./stage-verify/options.ts";
import { StageUnreachable, verifyStage, type StageEvidence } from "./stage-verify/verify-stage.ts";
import { renderEvidence } from "./stage-verify/view.ts";

try {
  const asked = await readOptions(process.argv.slice(2), readLocalHome(), readVerifyTokens());
  if (asked.help) console.log(HELP);
  else await run(asked);
} catch (error) {
  say(explain(error));
  process.exitCode = 2;
}

async function run({ out, options }: Extract<Asked, { help: false }>): Promise<void> {
  write(out, null); // said before anything is done on the stage
  const stopping = new AbortController();
  const stop = () => {
    say("stopping; what was changed is put back first (a second Ctrl-C would leave it)");
    stopping.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  const evidence = await verifyStage(options, { clock: Date.now, signal: stopping.signal, notice: say });
  write(out, evidence);
  console.log(`\n${renderEvidence(evidence)}; the evidence is in ${out}\n`);
  if (!evidence.ok) process.exitCode = 1;
}

function say(line: string): void {
  console.error(`stage:verify: ${line}`);
}

/** Null: a run that has begun and not ended. */
function write(file: string, evidence: StageEvidence | null): void {
  try {
    writeFileSync(file, `${JSON.stringify(evidence ?? { ok: false, rows: [] }, null, 2)}\n`);
  } catch (cause) {
    throw new UsageError("the file of --out cannot be written", { cause });
  }
}

function explain(error: unknown): string {
  const isKnown = error instanceof UsageError || error instanceof StageUnreachable || error instanceof LocalConfigError;
  return isKnown ? error.message.replaceAll("\n", "; ") : `failed (${error instanceof Error ? error.name : "unknown"})`;
}
