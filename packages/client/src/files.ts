// The client's files: sent or announced, listed, looked at and deleted.

import type * as files from "@pantheon/contract/files.ts";
import { ask, listing, path, succeed, type Sent } from "./calls.ts";
import type { CallOptions, Send } from "./transport.ts";

/** The calls of `client.files`. */
export function filesClient(send: Send) {
  return {
    /** Sends a file to a session. It is read soon after: `read` says how far it is. */
    send: (session: string, file: Blob, filename: string, more: CallOptions = {}) => {
      const form = new FormData();
      form.set("file", file, filename);
      return ask<typeof files.SessionFile>(send, { ...more, method: "POST", path: path`/api/v1/sessions/${session}/files`, form });
    },
    /** Announces a file that is too large to be sent: it is put at the address that `upload` tells. */
    announce: (session: string, file: Sent<typeof files.FileCreate>, more: CallOptions = {}) =>
      ask<typeof files.SessionFile>(send, { ...more, method: "POST", path: path`/api/v1/sessions/${session}/files`, body: file }),
    upload: (session: string, file: string, more: CallOptions = {}) =>
      ask<typeof files.FileUpload>(send, { ...more, method: "GET", path: path`/api/v1/sessions/${session}/files/${file}/upload` }),
    read: (session: string, file: string, more: CallOptions = {}) =>
      ask<typeof files.SessionFileRead>(send, { ...more, method: "GET", path: path`/api/v1/sessions/${session}/files/${file}` }),
    delete: async (session: string, file: string, more: CallOptions = {}): Promise<void> => {
      await succeed(send, { ...more, method: "DELETE", path: path`/api/v1/sessions/${session}/files/${file}` });
    },
    of: (session: string) => listing<typeof files.SessionFileList, "files">(send, path`/api/v1/sessions/${session}/files`, "files"),
  };
}
