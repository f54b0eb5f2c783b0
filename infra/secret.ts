// The stage's secrets: JSON objects of the secret variables of docs/env_contract.md, one for each part of the product, so that a function can
// read its own part alone. Only the places are made here; the values are put in with `aws secretsmanager put-secret-value`, so that none is
// ever in this configuration, its state or a function's environment.
//
// Of the two database addresses they hold the pooled one alone, DATABASE_POOL_URL: functions come and go by the hundred and the pooler
// shares connections out among them. The direct one is for migrations, which CI runs, and stays there.

import type { Maybe } from "./key.ts";
import type { SecretPart } from "./secret-parts.ts";
import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

export type StageSecrets = Readonly<Record<SecretPart, aws.secretsmanager.Secret>>;

export function createSecrets({ kept }: StageOptions, key: Maybe<aws.kms.Key>): StageSecrets {
  const make = (part: SecretPart) =>
    new aws.secretsmanager.Secret(
      part === "base" ? "Secret" : `Secret-${part}`,
      {
        name: [$app.name, $app.stage, ...(part === "base" ? [] : [part])].join("/"),
        description: `What functions of ${stageName()} must not have in their environment: ${part}.`,
        // A stage that is removed and made again needs the name at once; a kept one can be brought back for a month.
        recoveryWindowInDays: kept ? 30 : 0,
        ...(key !== null && { kmsKeyId: key.arn }),
      },
      { protect: kept, retainOnDelete: kept },
    );
  return { base: make("base"), identity: make("identity"), models: make("models"), payments: make("payments"), webhook: make("webhook") };
}
