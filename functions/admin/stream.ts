// The Lambda function `admin` behind a URL that streams: the same application, its answers as they are produced.

import { serveStream } from "@pantheon/edge/lambda/serve.ts";
import { adminApp } from "./app.ts";

export const handler = serveStream("admin", adminApp);
