// The Lambda function `admin`.

import { serve } from "@pantheon/edge/lambda/serve.ts";
import { adminApp } from "./app.ts";
import { adminDeps } from "./deps.ts";

export const handler = serve("admin", adminDeps, adminApp);
