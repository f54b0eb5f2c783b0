// The Lambda function `admin` behind a URL that streams: the same application, its responses as they are produced.

import { serveStream } from "@pantheon/edge/lambda/serve.ts";
import { adminApp } from "./app.ts";
import { adminDeps } from "./deps.ts";

export const handler = serveStream("admin", adminDeps, adminApp);
