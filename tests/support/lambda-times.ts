// How long starts and warm requests of a container take, as medians: for reports, never for an assertion.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleFunction } from "./lambda-bundle.ts";
import { lambdaContainer, type LambdaContainer } from "./lambda-container.ts";
import { answerOf, apiEvent } from "./lambda-event.ts";
import { preloadsIn } from "./lambda-stage.ts";

export const STARTS = 3;
export const WARM = 20;

/** Milliseconds: a start, its first request, and a warm request of each further path. Throws when one is not answered as `expected`. */
export async function timesOf(container: LambdaContainer, first: Timed, ...warm: readonly Timed[]): Promise<number[]> {
  const [starts, firsts]: [number[], number[]] = [[], []];
  for (let n = 0; n < STARTS; n += 1) {
    await container.recycle();
    firsts.push(await timed(container, first));
    starts.push(container.initMs());
  }
  const medians = [median(starts), median(firsts)];
  for (const asked of warm) {
    const times: number[] = [];
    for (let n = 0; n < WARM; n += 1) times.push(await timed(container, asked));
    medians.push(median(times));
  }
  return medians;
}

/** An event and the status of its answer; null for what is not HTTP. */
export type Timed = { readonly event: unknown; readonly status: number | null };

/** A request without a token, answered with this status. */
export function timedGet(path: string, status: number): Timed {
  return { event: apiEvent({ path }), status };
}

/** A function that does nothing: what Node and the runtime client take by themselves. */
export async function emptyFunction(folder: string): Promise<LambdaContainer> {
  await mkdir(join(folder, "source"));
  await writeFile(join(folder, "source/empty.ts"), `export const handler = async () => ({ statusCode: 200, headers: {}, body: "" });\n`);
  const bundle = await bundleFunction(join(folder, "source/empty.handler"), join(folder, "bundle"));
  return lambdaContainer(bundle, { environment: {}, preloads: await preloadsIn(folder, ["lambda-native-client"]) });
}

async function timed(container: LambdaContainer, { event, status }: Timed): Promise<number> {
  const invoked = await container.invoke(event);
  const found = status === null && invoked.kind === "answered" ? null : answerOf(invoked).status;
  if (found !== status) throw new Error(`answered ${found} where ${status} was expected`);
  return invoked.ms;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
