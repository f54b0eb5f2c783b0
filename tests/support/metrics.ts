// The metrics of a container as CloudWatch reads them: out of the lines that production's own log prints.

import type { Log } from "@pantheon/core/log.ts";
import { capturedLog } from "../trials/attack/captured-log.ts";
import { givenContainer, type Container } from "./container.ts";
import type { TestWorld } from "./world.ts";

export type Measured = {
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
};

type Line = {
  readonly [field: string]: unknown;
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
};

/** Every value of every metric in every set of its dimensions, of what the container does meanwhile. */
export function metricsOf(world: TestWorld, act: (container: Container) => Promise<void>): Promise<Measured[]> {
  return measuredBy("turns", async (log) => {
    const container = givenContainer(world, { log });
    try {
      await act(container);
    } finally {
      await container.close();
    }
  });
}

/** The same of any function, which is given its log. */
export async function measuredBy(name: string, act: (log: Log) => Promise<void>): Promise<Measured[]> {
  const log = capturedLog(() => {}, { name, stage: "test" });
  try {
    const lines = await log.during(() => act(log));
    return lines.flatMap((line) => measuredIn(JSON.parse(line)));
  } finally {
    log.release();
  }
}

/** A metric or a dimension that its line does not carry is none. */
function measuredIn(line: Line): Measured[] {
  return (line._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Namespace !== "Pantheon"
      ? []
      : Dimensions.flatMap((names) =>
          Metrics.flatMap(({ Name, Unit }) => {
            const value = line[Name];
            const dimensions = Object.fromEntries(names.flatMap((name) => (name in line ? [[name, String(line[name])]] : [])));
            return typeof value === "number" ? [{ metric: Name, unit: Unit, value, dimensions }] : [];
          }),
        ),
  );
}
