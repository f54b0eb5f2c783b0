// What the function `admin` keeps: the issuer's keys.

import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { baseDeps, type BaseDeps, type Surroundings } from "../deps.ts";

export type AdminDeps = BaseDeps & { readonly verify: Verifier };

export function adminDeps(surroundings: Surroundings, base = baseDeps(surroundings)): AdminDeps {
  return { ...base, verify: createVerifier(base.config.auth, base) };
}
