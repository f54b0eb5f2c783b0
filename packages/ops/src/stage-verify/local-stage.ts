// The running local world as a stage to verify: its address, and tokens made by its own issuer.

import { createIssuer } from "@pantheon/stand-ins/issuer.ts";
import { readLocalWorld } from "../place.ts";
import type { Tokens } from "./client.ts";

/** Null when none runs. Its users are made for this: one with credits, one that never has any, and an admin. */
export async function localStage(home: string): Promise<{ url: string; tokens: Tokens } | null> {
  const world = readLocalWorld(home);
  if (world === null) return null;
  const issuer = createIssuer({ home, issuerUrl: world.issuer, audience: "authenticated", clock: Date.now });
  issuer.addAdmin(ADMIN);
  const token = (user: string) => issuer.token({ user, expiresInSeconds: 3_600 });
  const [user, admin, empty] = await Promise.all([token("stage-verify"), token(ADMIN), token("stage-verify-empty")]);
  return { url: world.apiUrl, tokens: { user, admin, empty } };
}

const ADMIN = "stage-verify-admin";
