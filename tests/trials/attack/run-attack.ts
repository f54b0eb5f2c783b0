// One whole run against one world: the rows, then the mutations, then a last look at the ledger and the log.

import { doorOperationsOf, operationsOf } from "../../support/openapi-document.ts";
import { readProjectFile } from "../../support/project-files.ts";
import type { AttackWorld } from "./attack-world.ts";
import type { RunReport } from "./report.ts";
import { ROWS } from "./rows.ts";
import { runMutations, type MutationsReport } from "./run-mutations.ts";
import { runRows } from "./run-rows.ts";

export type AttackOptions = {
  readonly seed: number;
  readonly mutations: number;
  /** Only these rows; all when it is empty. */
  readonly only: readonly number[];
  /** Only routes whose name holds this are mutated. */
  readonly route?: string;
  /** The figures of a full run, or few enough for a test. */
  readonly full: boolean;
  readonly progress?: (line: string) => void;
};

export async function runAttack(world: AttackWorld, options: AttackOptions): Promise<RunReport> {
  const { seed, only, full, route = "", progress } = options;
  const document = await readProjectFile("docs/openapi.json");
  const operations = operationsOf(document);
  const everywhere = [...operations, ...doorOperationsOf(document)];
  const found: { mutations: MutationsReport | null } = { mutations: null };
  const mutations = async () => {
    const wanted = everywhere.filter(({ name }) => name.includes(route));
    const told = progress === undefined ? {} : { progress };
    found.mutations = await runMutations({ world, operations: everywhere, wanted, perRoute: options.mutations, seed, ...told });
  };
  const rows = await runRows({ world, operations, rows: ROWS, only, full, seed, mutations, ...(progress && { progress }) });
  return {
    seed,
    rows,
    mutations: found.mutations,
    met: world.met,
    logLines: world.captured.printed(),
    canaries: world.canaries.places().length,
    broken: await world.broken(),
  };
}
