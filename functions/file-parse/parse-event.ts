// What storage says when a file has come: each of its objects is read. Deliveries may come twice, late and out of order.

import * as v from "valibot";
import { parseFile, type ParseOutcome } from "@pantheon/core/files/parse.ts";
import { STORAGE_PREFIX } from "@pantheon/core/files/storage.ts";
import type { FileParseDeps } from "./deps.ts";

/** What is used of S3's event. A key stands in it as in a form: blanks are plus signs. */
const Event = v.object({ Records: v.array(v.object({ s3: v.object({ object: v.object({ key: v.string() }) }) })) });

/** Reads the files that the event names, and answers what became of each. Throws for another event, and when database or storage is away. */
export async function parseEvent({ db, log, config, storage }: FileParseDeps, event: unknown): Promise<ParseOutcome[]> {
  if (storage === null) throw new Error("FILE_BUCKET is not set");
  const outcomes: ParseOutcome[] = [];
  for (const { s3 } of v.parse(Event, event).Records) {
    const key = decodeURIComponent(s3.object.key.replaceAll("+", " "));
    if (!key.startsWith(STORAGE_PREFIX)) continue; // nothing that we put there
    const outcome = await parseFile({ db, log, storage, maxBytes: config.files.maxBytes }, key);
    log.info("file parsed", { file: key.slice(STORAGE_PREFIX.length), outcome });
    outcomes.push(outcome);
  }
  return outcomes;
}
