// The Lambda function `turns`.

import { serve } from "@pantheon/edge/lambda/serve.ts";
import { turnsApp } from "./app.ts";
import { turnsDeps } from "./deps.ts";

export const handler = serve("turns", turnsDeps, turnsApp);
