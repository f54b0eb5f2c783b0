// The Lambda function `file-parse`: called by the bucket, no address of its own.

import { serveSchedule } from "@pantheon/edge/lambda/serve.ts";
import { fileParseDeps } from "./deps.ts";
import { parseEvent } from "./parse-event.ts";

const QUESTION_MS = 10_000;

export const handler = serveSchedule("file-parse", fileParseDeps, parseEvent, QUESTION_MS);
