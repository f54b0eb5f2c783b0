// What the function `files` keeps: the storage that files lie in, and the issuer's keys.

import type { FileStorage } from "@pantheon/core/files/storage.ts";
import { createS3Storage } from "@pantheon/core/files/s3.ts";
import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { baseDeps, type BaseDeps, type Surroundings } from "../deps.ts";

export type FilesDeps = BaseDeps & { readonly verify: Verifier; readonly storage: FileStorage | null };

export function filesDeps(surroundings: Surroundings, base = baseDeps(surroundings)): FilesDeps {
  const { config, log, clock } = base;
  return { ...base, verify: createVerifier(config.auth, { clock, log }), storage: createS3Storage(base) };
}
