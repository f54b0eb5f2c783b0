// The Lambda function `turns`.

import { serve } from "@pantheon/edge/lambda/serve.ts";
import { turnsApp } from "./app.ts";

export const handler = serve("turns", turnsApp);
