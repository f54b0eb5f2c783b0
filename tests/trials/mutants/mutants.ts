// Every guard that `npm run test:mutants` takes out. A guard that no test misses is a missing test: it is written, and then it stands here.

import { ACCOUNT_GUARDS } from "./guards/accounts.ts";
import { API_KEY_GUARDS } from "./guards/api-keys.ts";
import { CLIENT_GUARDS } from "./guards/client.ts";
import { DOOR_GUARDS } from "./guards/door.ts";
import { CONNECTION_GUARDS } from "./guards/connections.ts";
import { EDGE_GUARDS } from "./guards/edge.ts";
import { ERASURE_GUARDS } from "./guards/erasure.ts";
import { EXPOSURE_GUARDS } from "./guards/exposure.ts";
import { ASKED_GUARDS } from "./guards/asked.ts";
import { GRANT_GUARDS } from "./guards/grants.ts";
import { INVARIANT_GUARDS } from "./guards/invariants.ts";
import { KEY_GUARDS } from "./guards/keys.ts";
import { HOLD_GUARDS } from "./guards/holds.ts";
import { LIMIT_GUARDS } from "./guards/limits.ts";
import { LEASE_GUARDS } from "./guards/leases.ts";
import { METERING_GUARDS } from "./guards/metering.ts";
import { MODEL_GUARDS } from "./guards/models.ts";
import { PAYMENT_GUARDS } from "./guards/payments.ts";
import { PRICE_GUARDS } from "./guards/prices.ts";
import { QUARANTINE_GUARDS } from "./guards/quarantine.ts";
import { RIGHTS_GUARDS } from "./guards/rights.ts";
import { SCHEMA_GUARDS } from "./guards/schema.ts";
import { REPORT_GUARDS } from "./guards/reports.ts";
import { STATEMENT_GUARDS } from "./guards/statements.ts";
import { STRIPE_TIME_GUARDS } from "./guards/stripe-time.ts";
import { CONVERSATION_GUARDS } from "./guards/conversation.ts";
import { ROUTING_GUARDS } from "./guards/routing.ts";
import { SUMMARY_GUARDS } from "./guards/summaries.ts";
import { TOOL_GUARDS } from "./guards/tools.ts";
import { FILE_GUARDS } from "./guards/files.ts";
import { TURN_GUARDS } from "./guards/turns.ts";
import { WALLET_GUARDS } from "./guards/wallets.ts";
import { WEB_GUARDS } from "./guards/web.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [
  ...REPORT_GUARDS,
  ...STATEMENT_GUARDS,
  ...RIGHTS_GUARDS,
  ...SCHEMA_GUARDS,
  ...KEY_GUARDS,
  ...TOOL_GUARDS,
  ...API_KEY_GUARDS,
  ...LIMIT_GUARDS,
  ...HOLD_GUARDS,
  ...TURN_GUARDS,
  ...FILE_GUARDS,
  ...CONVERSATION_GUARDS,
  ...ASKED_GUARDS,
  ...LEASE_GUARDS,
  ...ROUTING_GUARDS,
  ...SUMMARY_GUARDS,
  ...METERING_GUARDS,
  ...MODEL_GUARDS,
  ...PAYMENT_GUARDS,
  ...PRICE_GUARDS,
  ...QUARANTINE_GUARDS,
  ...STRIPE_TIME_GUARDS,
  ...CONNECTION_GUARDS,
  ...EDGE_GUARDS,
  ...EXPOSURE_GUARDS,
  ...INVARIANT_GUARDS,
  ...CLIENT_GUARDS,
  ...WEB_GUARDS,
  ...ACCOUNT_GUARDS,
  ...WALLET_GUARDS,
  ...DOOR_GUARDS,
  ...GRANT_GUARDS,
  ...ERASURE_GUARDS,
];
