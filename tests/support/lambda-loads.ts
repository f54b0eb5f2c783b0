// Loaded before Lambda's runtime client: where TEST_LOADS is set, says which files of the bundle are loaded, as they are, one line each.

import { registerHooks } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const root = pathToFileURL(`${process.env["LAMBDA_TASK_ROOT"]}/`).href;

if (process.env["TEST_LOADS"] !== undefined) {
  registerHooks({
    load: (url, context, next) => {
      if (url.startsWith(root)) process.stderr.write(`${JSON.stringify({ loads: basename(url) })}\n`);
      return next(url, context);
    },
  });
}
