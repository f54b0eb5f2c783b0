// The stage's one secret: a JSON object of the secret variables of docs/env_contract.md. Only the place is made here; the values are put in
// with `aws secretsmanager put-secret-value`, so that none is ever in this configuration, its state or a function's environment.
//
// Of the two database addresses it holds the pooled one alone, DATABASE_POOL_URL: functions come and go by the hundred and the pooler
// shares connections out among them. The direct one is for migrations, which CI runs, and stays there.

import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

export function createSecret({ kept }: StageOptions): aws.secretsmanager.Secret {
  const name = `${$app.name}/${$app.stage}`;
  return new aws.secretsmanager.Secret(
    "Secret",
    {
      name,
      description: `What the functions of ${stageName()} must not have in their environment.`,
      // A stage that is removed and made again needs the name at once; a kept one can be brought back for a month.
      recoveryWindowInDays: kept ? 30 : 0,
    },
    { protect: kept, retainOnDelete: kept },
  );
}
