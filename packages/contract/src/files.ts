// Files of a session on the wire: announced or sent, read, looked at, deleted.

import * as v from "valibot";
import { PARSE_STATES } from "./vocabulary.ts";
import { Count, Id, named, page, text, Time } from "./wire.ts";

/** The most characters of a file's name. */
export const MAX_FILENAME = 255;

const Filename = text(1, MAX_FILENAME);

/** The file of a request that carries it, as a form's one field. */
export const FileForm = named(
  "FileForm",
  "The file itself, as the form's field `file`.",
  v.strictObject({ file: v.pipe(v.instance(File), v.metadata({ type: "string", format: "binary" })) }),
);

export const FileCreate = named(
  "FileCreate",
  "A file that is to be put into storage next, for one that is too large to be sent here: its name, and its exact size.",
  v.strictObject({
    filename: Filename,
    size_bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  }),
);

/** The name of a file that was sent in a form: what its field says, as a label. */
export const SentFilename = Filename;

export const FilesPath = v.strictObject({ session_id: Id });
export const FilePath = v.strictObject({ session_id: Id, file_id: Id });

const FILE = {
  id: v.string(),
  session_id: v.string(),
  filename: v.pipe(v.string(), v.description("A label, as it was given. It decides nothing.")),
  mime_type: v.pipe(v.string(), v.description("What the content is; `application/octet-stream` until somebody has looked.")),
  size_bytes: Count,
  parse_status: v.picklist(PARSE_STATES),
  parse_error: v.pipe(v.nullable(v.string()), v.description("Why it could not be read, for people; null unless it failed.")),
  pages: v.pipe(v.nullable(Count), v.description("Pages of its text, of 16,000 characters at most; null until it is read.")),
  text_octets: v.nullable(Count),
  is_truncated: v.pipe(v.boolean(), v.description("The file says more than was kept: two million characters.")),
  created_at: Time,
  parsed_at: v.nullable(Time),
};

export const SessionFile = named("SessionFile", "A file of a session, and how far it is read.", v.object(FILE));

export const SessionFileRead = named(
  "SessionFileRead",
  "A file of a session, with the beginning of its text.",
  v.object({ ...FILE, text_preview: v.pipe(v.nullable(v.string()), v.description("Up to 2,000 characters; null until it is read.")) }),
);

export const SessionFileList = named("SessionFileList", "A page of files, newest first.", page("files", SessionFile));

export const FileUpload = named(
  "FileUpload",
  "Where an announced file is put: one request with this method, these headers and the bytes as its body. Whoever has the address may use it, so keep it to yourself.",
  v.object({
    method: v.literal("PUT"),
    url: v.string(),
    headers: v.record(v.string(), v.string()),
    expires_at: Time,
  }),
);
