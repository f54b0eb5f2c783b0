// The Lambda function `users`.

import { serve } from "@pantheon/edge/lambda/serve.ts";
import { usersApp } from "./app.ts";

export const handler = serve("users", usersApp);
