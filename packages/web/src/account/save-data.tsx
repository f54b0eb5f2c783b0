// All that is kept of oneself, asked for page after page, and handed over as one file.

import { useMutation } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { call } from "../api/client.ts";
import type { DataRecord } from "../api/shapes.ts";
import { count } from "../money/amount.tsx";
import { keepFile } from "../parts/keep-file.ts";
import { Fault } from "../parts/states.tsx";

const A_PAGE = 200;
const INDENT = 2;

export function SaveData() {
  const [read, setRead] = useState(0);
  const save = useMutation({
    mutationFn: async () => {
      const records = await allOf(setRead);
      keepFile(new Blob([JSON.stringify({ records }, null, INDENT)], { type: "application/json" }), `pantheon ${today()}.json`);
      return records.length;
    },
  });
  return (
    <>
      <p className="more buttons">
        <button type="button" className="button" disabled={save.isPending} onClick={() => save.mutate()}>
          {save.isPending ? `Fetching, ${count(read)} records so far` : "Save what is kept of me"}
        </button>
        <span className="quiet" role="status">
          {save.data !== undefined && `${count(save.data)} records were saved.`}
        </span>
      </p>
      {save.error !== null && <Fault error={save.error} again={() => save.mutate()} />}
    </>
  );
}

/** `tell` is told how many there are so far. */
async function allOf(tell: (read: number) => void): Promise<DataRecord[]> {
  const records: DataRecord[] = [];
  let cursor: string | null = null;
  do {
    const page = await nextPage(cursor);
    records.push(...page.records);
    tell(records.length);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return records;
}

function nextPage(cursor: string | null) {
  return call("GET /users/me/data", { query: { limit: A_PAGE, ...(cursor !== null && { cursor }) } });
}

function today(): string {
  return new Date().toISOString().slice(0, "YYYY-MM-DD".length);
}
