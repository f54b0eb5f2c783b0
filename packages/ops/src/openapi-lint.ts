// `npm run check:openapi`: holds docs/openapi.json against two lists of rules that are not ours, Redocly's recommended ones and Spectral's
// for OpenAPI. A warning counts like an error. Nothing is fetched and nothing is written.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectral, { type ISpectralDiagnostic, type RulesetDefinition } from "@stoplight/spectral-core";
import rulesets from "@stoplight/spectral-rulesets";

const FILE = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));

const text = await readFile(process.argv[2] ?? FILE, "utf8");
const complaints = [...(await redocly(text)), ...(await spectralOas(text))];
for (const complaint of complaints) console.error(complaint);
console.log(complaints.length === 0 ? "openapi: no complaint of Redocly's or Spectral's" : `openapi: ${complaints.length} complaints`);
if (complaints.length > 0) process.exitCode = 1;

async function redocly(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
  return problems.map(({ ruleId, message, location }) => `redocly ${ruleId} ${location[0]?.pointer ?? ""}: ${message}`);
}

async function spectralOas(source: string): Promise<string[]> {
  const linter = new spectral.Spectral();
  const oas = rulesets.oas as unknown as RulesetDefinition; // the two packages describe formats each in their own types
  linter.setRuleset({ extends: [[oas, "recommended"]] });
  const problems: ISpectralDiagnostic[] = await linter.run(JSON.parse(source));
  return problems.map(({ code, message, path }) => `spectral ${String(code)} ${path.join("/")}: ${message}`);
}
