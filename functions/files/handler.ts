// The Lambda function `files`.

import { serve } from "@pantheon/edge/lambda/serve.ts";
import { filesApp } from "./app.ts";
import { filesDeps } from "./deps.ts";

export const handler = serve("files", filesDeps, filesApp);
