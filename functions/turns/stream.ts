// The Lambda function `turns` behind a URL that streams: the same application, its answers as they are produced.

import { serveStream } from "@pantheon/core/container/serve.ts";
import { turnsApp } from "./app.ts";

export const handler = serveStream("turns", turnsApp);
