// The Lambda function `turns` behind a URL that streams: the same application, its responses as they are produced.

import { serveStreamWarm } from "@pantheon/edge/lambda/serve.ts";
import { turnsApp } from "./app.ts";
import { turnsDeps, warmTurns } from "./deps.ts";

export const handler = await serveStreamWarm("turns", turnsDeps, turnsApp, warmTurns);
