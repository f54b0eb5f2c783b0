// The Lambda function `turns`.

import { serveWarm } from "@pantheon/edge/lambda/serve.ts";
import { turnsApp } from "./app.ts";
import { turnsDeps, warmTurns } from "./deps.ts";

export const handler = await serveWarm("turns", turnsDeps, turnsApp, warmTurns);
