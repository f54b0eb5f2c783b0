// The Lambda function `turns` behind a URL that streams: the same application, its responses as they are produced.

import { serveStream } from "@pantheon/edge/lambda/serve.ts";
import { turnsApp } from "./app.ts";
import { turnsDeps } from "./deps.ts";

export const handler = serveStream("turns", turnsDeps, turnsApp);
