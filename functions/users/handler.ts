// The Lambda function `users`.

import { serve } from "@pantheon/edge/lambda/serve.ts";
import { usersApp } from "./app.ts";
import { usersDeps } from "./deps.ts";

export const handler = serve("users", usersDeps, usersApp);
