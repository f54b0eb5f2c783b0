// The tables of files as Kysely sees them (schema.ts says how).

import type { ColumnType, Generated } from "kysely";
import type { ParseStatus } from "@pantheon/contract/vocabulary.ts";

export interface FileTables {
  uploaded_files: UploadedFilesTable;
  file_usage: FileUsageTable;
}

type Stamp = ColumnType<Date, Date | undefined, Date>;

interface UploadedFilesTable {
  id: Generated<string>;
  user_id: string;
  session_id: string;
  filename: string;
  mime_type: string;
  size_bytes: string;
  storage_key: string;
  arrives_until: Date;
  parse_status: Generated<ParseStatus>;
  parse_attempts: Generated<number>;
  parse_until: Date | null;
  parse_error: string | null;
  parsed_at: Date | null;
  text_pages: string[] | null;
  text_octets: string | null;
  is_truncated: Generated<boolean>;
  created_at: Stamp;
  deleted_at: Date | null;
}

interface FileUsageTable {
  user_id: string;
  files: Generated<number>;
  bytes: ColumnType<string, string | undefined, string>;
}
