// What a model answered, as the gateway gives it.

import type { FinishReason, ReportedUsage } from "./chunk.ts";

export type ModelAnswer = {
  /** Safe to store: no NUL, no lone surrogates, at most 1 MiB of UTF-8 (what is longer is left out, and `cut` stays false). */
  readonly text: string;
  /** The answer broke off: `text` is what had been received. */
  readonly cut: boolean;
  /** Null when the provider did not get to say it. */
  readonly finishReason: FinishReason | null;
  /** The provider's last usage block, untouched and untrusted; null when there was none. */
  readonly usage: ReportedUsage | null;
  readonly provider: string;
  /** The model that the provider says answered; the one asked for when it does not say. */
  readonly providerModel: string;
  readonly providerRequestId: string | null;
  /** The provider's own cost in USD, where it gives a credible one. */
  readonly costUsd: string | null;
  /** From the call to the end of the answer, retries included. */
  readonly latencyMs: number;
};
