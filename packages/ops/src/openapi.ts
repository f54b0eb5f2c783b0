// `npm run openapi`: writes docs/openapi.json; with --check it only says whether the file is current. The document itself is made in
// openapi/document.ts, its examples are recorded by tests/client/examples.test.ts.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openApiDocument, type Examples } from "./openapi/document.ts";

const HELP = `Usage: npm run openapi [-- --check]

Writes docs/openapi.json. --check writes nothing and ends with 1 when the file is not what the code says.`;

const FILE = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));
const EXAMPLES = fileURLToPath(new URL("../../../docs/openapi-examples.json", import.meta.url));

try {
  const { values } = parseArgs({
    options: { check: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) console.log(HELP);
  else if (values.check) await check();
  else await writeFile(FILE, await documentText());
} catch (error) {
  console.error(`openapi: ${error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error)}`);
  process.exitCode = 1;
}

async function check(): Promise<void> {
  const committed = await readFile(FILE, "utf8").catch(() => "");
  if (committed !== (await documentText())) throw new Error("docs/openapi.json is stale; npm run openapi writes it anew");
}

async function documentText(): Promise<string> {
  const examples = JSON.parse(await readFile(EXAMPLES, "utf8")) as Examples; // of our own making
  return `${JSON.stringify(await openApiDocument(examples), null, 2)}\n`;
}
