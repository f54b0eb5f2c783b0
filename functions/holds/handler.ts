// The Lambda function `holds`.

import { serveWarm } from "@pantheon/edge/lambda/serve.ts";
import { holdsApp } from "./app.ts";
import { holdsDeps, warmHolds } from "./deps.ts";

export const handler = await serveWarm("holds", holdsDeps, holdsApp, warmHolds);
