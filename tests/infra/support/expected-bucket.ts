// The buckets that every stage must have: of files, and of the web app.

import { expectedObjects } from "./expected-site.ts";
import type { StageName } from "./expected-stage.ts";

export type BucketOf = { readonly stage: StageName; readonly kept: boolean; readonly origins: readonly string[] };

export function bucketName(stage: string, of = "files"): string {
  return `pantheon-${stage}-${of}-111122223333`;
}

export function expectedBuckets({ stage, kept, origins }: BucketOf) {
  const site = bucketName(stage, "site");
  const reader = {
    Effect: "Allow",
    Principal: { Service: "cloudfront.amazonaws.com" },
    Condition: { StringEquals: { "aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/Door" } },
  };
  return {
    [bucketName(stage)]: {
      ...guarded(bucketName(stage), kept, []),
      orphans: [
        [
          {
            id: "orphans",
            status: "Enabled",
            filter: { prefix: "" },
            expiration: { days: 7 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      ],
      browsers: [[{ allowedMethods: ["PUT"], allowedOrigins: origins, allowedHeaders: ["content-type"], maxAgeSeconds: 600 }]],
      tells: [
        [
          {
            lambdaFunctionArn: `arn:aws:lambda:eu-test-1:111122223333:function:pantheon-${stage}-file-parse`,
            events: ["s3:ObjectCreated:*"],
            filterPrefix: "files/",
          },
        ],
      ],
      objects: {},
    },
    [site]: {
      ...guarded(site, kept, [
        { ...reader, Action: "s3:GetObject", Resource: `arn:aws:s3:::${site}/*` },
        { ...reader, Action: "s3:ListBucket", Resource: `arn:aws:s3:::${site}` },
      ]),
      orphans: [],
      browsers: [],
      tells: [],
      objects: expectedObjects(stage),
    },
  };
}

function guarded(bucket: string, kept: boolean, statements: readonly object[]) {
  return {
    emptied: !kept,
    protect: kept,
    retainOnDelete: kept,
    private: [{ bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true }],
    owner: [{ objectOwnership: "BucketOwnerEnforced" }],
    encrypted: [[{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]],
    versions: ["Disabled"],
    policy: [
      {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
          ...statements,
        ],
      },
    ],
  };
}

/** What a function of a stage may do with the bucket of files. */
export function bucketStatements(stage: string, { objects, bucket }: Readonly<Record<"objects" | "bucket", readonly string[]>>) {
  const arn = `arn:aws:s3:::${bucketName(stage)}`;
  return [
    { effect: "Allow", actions: objects, resources: [`${arn}/files/*`] },
    ...(bucket.length > 0 ? [{ effect: "Allow", actions: bucket, resources: [arn] }] : []),
  ];
}

/** How many of each kind there are of them. */
export const BUCKET_KINDS = {
  "aws:s3/bucket:Bucket": 2,
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": 1,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 1,
  "aws:s3/bucketNotification:BucketNotification": 1,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": 2,
  "aws:s3/bucketPolicy:BucketPolicy": 2,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 2,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 2,
  "aws:s3/bucketVersioning:BucketVersioning": 2,
};
