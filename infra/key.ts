// A stage's own key, where its options ask for one: secrets, logs, environments and alarms are then encrypted with it, and whoever may not
// use the key reads none of them, whatever else they may do in the account.

import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

/** What a stage may do without. (A name for the union: the linter cannot read the platform's types where it is not installed.) */
export type Maybe<Part> = Part | null;

/** Null where AWS's own keys are enough. */
export function createKey({ ownKey, kept }: StageOptions): Maybe<aws.kms.Key> {
  if (!ownKey) return null;
  const { partition } = aws.getPartitionOutput();
  const { region } = aws.getRegionOutput();
  const { accountId } = aws.getCallerIdentityOutput();
  return new aws.kms.Key(
    "Key",
    {
      description: `Secrets, logs and alarms of ${stageName()}`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: $jsonStringify({
        Version: "2012-10-17",
        Statement: [
          // Who may use it otherwise is then said by the account's own policies.
          { Effect: "Allow", Principal: { AWS: $interpolate`arn:${partition}:iam::${accountId}:root` }, Action: "kms:*", Resource: "*" },
          use({ Service: $interpolate`logs.${region}.amazonaws.com` }),
          use({ Service: "cloudwatch.amazonaws.com" }), // alarms speak to a topic that is encrypted
        ],
      }),
    },
    { protect: kept, retainOnDelete: kept },
  );
}

function use(principal: object) {
  const actions = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"];
  return { Effect: "Allow", Principal: principal, Action: actions, Resource: "*" };
}
