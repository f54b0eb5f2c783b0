// A file of what is seen. The API wants a token, so that a plain link cannot ask for it: it is fetched, and handed to the browser to keep.

import { useMutation } from "@tanstack/preact-query";
import { fileOf } from "../api/client.ts";
import { keepFile } from "./keep-file.ts";
import { Fault } from "./states.tsx";

type SaveProps = {
  /** `GET` and the address under `/api/v1`. */
  readonly of: string;
  readonly query: Readonly<Record<string, string>>;
  /** What the file is called. */
  readonly name: string;
};

export function SaveCsv({ of, query, name }: SaveProps) {
  const save = useMutation({ mutationFn: async () => keepFile(await fileOf(of, { query }), name) });
  return (
    <>
      <button type="button" className="link" disabled={save.isPending} onClick={() => save.mutate()}>
        {save.isPending ? "Fetching the file" : "Save as CSV"}
      </button>
      {save.error !== null && <Fault error={save.error} />}
    </>
  );
}
