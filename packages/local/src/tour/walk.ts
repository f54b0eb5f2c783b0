// How the tour walks: clients that note every response, and steps that say what was asked, what came back, and whether it was expected.

import { performance } from "node:perf_hooks";
import { createClient, type Client } from "@pantheon/client/client.ts";
import { PantheonError } from "@pantheon/client/error.ts";
import type { World } from "../world.ts";

export type Step = {
  readonly what: string;
  readonly request: string;
  readonly status: number;
  readonly outcome: string;
  readonly ms: number;
  /** Statements that the database was sent, each one round trip. */
  readonly statements: number;
  /** False when the response was not the expected one. */
  readonly ok: boolean;
};

/** What a step found, in words, and what the next steps need of it. */
export type Outcome<Value> = { readonly value: Value; readonly outcome: string; readonly ok: boolean };

export type Walk = {
  readonly world: World;
  readonly steps: Step[];
  /** A client as this user. Calls are sent once, so that a step shows what one request came to. */
  readonly as: (user: string) => Client;
  /** Runs a step. A refusal that the step does not expect is shown as what it is, and ends the tour. */
  readonly step: <Value>(what: string, request: string, run: () => Promise<Outcome<Value>>) => Promise<Value>;
  /** True when the last response had been stored by an earlier request of the same key. */
  readonly wasReplayed: () => boolean;
};

export function startWalk(world: World): Walk {
  const steps: Step[] = [];
  const last = { status: 0, replayed: false };
  const noting = async (address: string, request: RequestInit): Promise<Response> => {
    const response = await fetch(address, request);
    Object.assign(last, { status: response.status, replayed: response.headers.get("idempotency-replayed") === "true" });
    return response;
  };
  return {
    world,
    steps,
    as: (user) => createClient({ url: world.apiUrl, token: () => world.issuer.token({ user }), fetch: noting, retry: false }),
    step: async (what, request, run) => {
      const statementsBefore = world.passed.statements;
      const began = performance.now();
      const note = (outcome: string, ok: boolean) => {
        const ms = performance.now() - began;
        steps.push({ what, request, status: last.status, outcome, ms, statements: world.passed.statements - statementsBefore, ok });
      };
      try {
        const { value, outcome, ok } = await run();
        note(outcome, ok);
        return value;
      } catch (error) {
        if (error instanceof PantheonError) note(error.message, false);
        throw error;
      }
    },
    wasReplayed: () => last.replayed,
  };
}
