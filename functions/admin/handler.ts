// The Lambda function `admin`.

import { serve } from "@pantheon/edge/lambda/serve.ts";
import { adminApp } from "./app.ts";

export const handler = serve("admin", adminApp);
