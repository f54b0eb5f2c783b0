// What of a request an alias cannot do, by the names of the wire. Pure.

import type * as v from "valibot";
import type { ModelCapabilities } from "@pantheon/contract/models.ts";
import type { Capabilities } from "./model.ts";
import type { Sampling } from "./request.ts";

/** One member of a request that the model cannot do, and what it can. */
export type Unsupported = { readonly path: string; readonly message: string };

const NOT_HERE = "is not supported by this alias";

/** Everything that this model cannot do as it is asked; empty when it can do all of it. An answer never leaves out what was asked for. */
export function unsupported(can: Capabilities, asked: Sampling): Unsupported[] {
  const { temperature, topP, stop, seed, responseFormat, reasoningEffort } = asked;
  const thinks = reasoningEffort !== undefined && reasoningEffort !== "none";
  const faults: Unsupported[] = [];
  const sampled = { temperature, top_p: topP, stop, seed };
  for (const path of ["temperature", "top_p", "stop", "seed"] as const) {
    if (sampled[path] === undefined) continue;
    if (!can.sampling.includes(path)) faults.push({ path, message: NOT_HERE });
    else if (thinks && !can.samplingWithReasoning.includes(path)) {
      faults.push({ path, message: "is not supported by this alias beside reasoning_effort" });
    }
  }
  if (temperature !== undefined && temperature > can.temperatureMax) {
    faults.push({ path: "temperature", message: `must be at most ${can.temperatureMax} for this alias` });
  }
  if (responseFormat !== undefined && !can.responseFormats.includes(responseFormat.type)) {
    faults.push({ path: "response_format", message: NOT_HERE });
  }
  if (reasoningEffort !== undefined && !can.reasoning) faults.push({ path: "reasoning_effort", message: NOT_HERE });
  return faults;
}

/** What an alias can do, in the names of the wire. */
export function capabilitiesView(can: Capabilities): v.InferInput<typeof ModelCapabilities> {
  return {
    tools: can.tools,
    images: can.images,
    reasoning_effort: can.reasoning,
    sampling: [...can.sampling],
    sampling_with_reasoning: [...can.samplingWithReasoning],
    temperature_max: can.temperatureMax,
    response_formats: [...can.responseFormats],
  };
}
