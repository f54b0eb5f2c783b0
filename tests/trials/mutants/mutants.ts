// Every guard that `npm run test:mutants` takes out. A guard that no test misses is a missing test: it is written, and then it stands here.

import { EDGE_GUARDS } from "./guards/edge.ts";
import { EXPOSURE_GUARDS } from "./guards/exposure.ts";
import { METERING_GUARDS } from "./guards/metering.ts";
import { PAYMENT_GUARDS } from "./guards/payments.ts";
import { SCHEMA_GUARDS } from "./guards/schema.ts";
import { STATEMENT_GUARDS } from "./guards/statements.ts";
import { TURN_GUARDS } from "./guards/turns.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [
  ...STATEMENT_GUARDS,
  ...SCHEMA_GUARDS,
  ...TURN_GUARDS,
  ...METERING_GUARDS,
  ...PAYMENT_GUARDS,
  ...EDGE_GUARDS,
  ...EXPOSURE_GUARDS,
];
