// What the function `file-parse` keeps: the storage that files lie in.

import type { FileStorage } from "@pantheon/core/files/storage.ts";
import { createS3Storage } from "@pantheon/core/files/s3.ts";
import { baseDeps, type BaseDeps, type Surroundings } from "../deps.ts";

export type FileParseDeps = BaseDeps & { readonly storage: FileStorage | null };

export function fileParseDeps(surroundings: Surroundings, base = baseDeps(surroundings)): FileParseDeps {
  return { ...base, storage: createS3Storage(base) };
}
