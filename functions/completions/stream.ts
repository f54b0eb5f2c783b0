// The Lambda function `completions`, behind a URL that streams. It has no other: an answer may take longer than the gateway waits.

import { serveStreamWarm } from "@pantheon/edge/lambda/serve.ts";
import { completionsApp } from "./app.ts";
import { completionsDeps, warmCompletions } from "./deps.ts";

export const handler = await serveStreamWarm("completions", completionsDeps, completionsApp, warmCompletions);
