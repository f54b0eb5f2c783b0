// What tools need of uploaded files. The room of files provides it; a tool asks for no more.

/** Whose session is asked about. A session of somebody else has no files. */
export type InSession = { readonly session: string; readonly actor: string };

/** A file of a session, as the model is told of it. The name is its owner's label, and nothing is ever found by it. */
export type FileLabel = { readonly id: string; readonly filename: string; readonly status: "pending" | "completed" | "failed" };

/** A page of a file's text, from 1; what has no text yet, or none at all, says why instead. */
export type FilePage =
  | {
      readonly status: "completed";
      readonly filename: string;
      readonly page: number;
      readonly pages: number;
      readonly text: string;
      /** The file says more than was kept. */
      readonly isTruncated: boolean;
    }
  /** It was read, and has no such page. */
  | { readonly status: "no_such_page"; readonly pages: number }
  | { readonly status: "pending" }
  /** For people, and never what a parser said. */
  | { readonly status: "failed"; readonly error: string }
  | { readonly status: "not_found" };

export type FileTexts = {
  /** The newest files of this session, newest first. */
  list(where: InSession): Promise<readonly FileLabel[]>;
  /** A page, from 1, of a file of this session; any other file is `not_found`. */
  read(where: InSession, file: string, page: number): Promise<FilePage>;
};

/** Where there are no files. */
export const NO_FILES: FileTexts = {
  list: () => Promise.resolve([]),
  read: () => Promise.resolve({ status: "not_found" }),
};
