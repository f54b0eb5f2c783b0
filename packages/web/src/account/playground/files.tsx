// The files of a session: sent, read by us, looked at, deleted. A session that does not exist yet is made by its first file.

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useList } from "../../api/ask.ts";
import { sendFile } from "../../api/files.ts";
import type { SessionFile } from "../../api/shapes.ts";
import { count } from "../../money/amount.tsx";
import { Asked, Fault } from "../../parts/states.tsx";
import { DeleteFile } from "./delete-file.tsx";

const LOOK_MS = 1_500;

/** `session` is null for one that does not exist yet: `begin` makes it, named after the file, and `onBegun` goes there. */
type FilesProps = {
  readonly session: string | null;
  readonly begin: (filename: string, key: string) => Promise<string>;
  readonly onBegun: (session: string) => void;
};

export function Files({ session, begin, onBegun }: FilesProps) {
  return (
    <div className="files" role="group" aria-label="Files of this session">
      {session !== null && <FileList session={session} />}
      <SendFile session={session} begin={begin} onBegun={onBegun} />
    </div>
  );
}

function FileList({ session }: { readonly session: string }) {
  const list = useList("GET /sessions/{id}/files", { path: { id: session } }, ({ files }) => files, 50);
  const isPending = list.data?.rows.some(({ parse_status: state }) => state === "pending") === true;
  useEffect(() => {
    if (!isPending) return undefined;
    const timer = setInterval(() => void list.refetch(), LOOK_MS);
    return () => clearInterval(timer);
  }, [isPending, list.refetch]);
  return (
    <Asked of={list} lines={1}>
      {({ rows, more }) =>
        rows.length > 0 && (
          <>
            <ul>
              {rows.map((file) => (
                <li key={file.id}>
                  <span>{file.filename}</span> <State file={file} /> <DeleteFile session={session} file={file} />
                </li>
              ))}
            </ul>
            {more !== null && (
              <button type="button" className="link" onClick={more}>
                Older files
              </button>
            )}
          </>
        )
      }
    </Asked>
  );
}

function State({ file }: { readonly file: SessionFile }) {
  const { parse_status: state, parse_error: why, pages, is_truncated: isCut, size_bytes: octets } = file;
  if (state === "pending") return <span className="quiet">{sizeOf(octets)} · is being read</span>;
  if (state === "failed") return <span className="fault-says">{why ?? "It could not be read."}</span>;
  return (
    <span className="quiet">
      {sizeOf(octets)} · {count(pages ?? 0)} {pages === 1 ? "page" : "pages"}
      {isCut && ", not all of it was kept"}
    </span>
  );
}

const KB = 1_000;

function sizeOf(octets: number): string {
  if (octets < KB) return `${octets} bytes`;
  return octets < KB * KB ? `${Math.round(octets / KB)} kB` : `${(octets / KB / KB).toFixed(1)} MB`;
}

function SendFile({ session, begin, onBegun }: FilesProps) {
  const id = useId();
  const queries = useQueryClient();
  const last = useRef<{ file: File | null; key: string }>({ file: null, key: "" });
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState("");
  const sending = useMutation({
    mutationFn: async (file: File) => {
      if (last.current.file !== file) last.current = { file, key: crypto.randomUUID() };
      const { key } = last.current;
      const to = session ?? (await begin(file.name, `session-${key}`));
      await sendFile(to, file, key);
      return to;
    },
    onSuccess: async (to) => {
      if (input.current !== null) input.current.value = "";
      await Promise.all(CHANGED.map((queryKey) => queries.invalidateQueries({ queryKey: [queryKey] })));
      if (session === null) onBegun(to);
    },
  });
  const again = sending.variables === undefined ? undefined : () => sending.mutate(sending.variables);
  return (
    <>
      <label className="file-send">
        <span className="link" aria-hidden="true">
          {sending.isPending ? `Sending ${name}` : "Attach a file"}
        </span>
        <input
          ref={input}
          id={id}
          type="file"
          aria-label="Attach a file"
          disabled={sending.isPending}
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file === undefined) return;
            setName(file.name);
            sending.mutate(file);
          }}
        />
      </label>
      {sending.error !== null && <Fault error={sending.error} {...(again && { again })} />}
    </>
  );
}

const CHANGED = ["GET /sessions", "GET /sessions/{id}/files"];
