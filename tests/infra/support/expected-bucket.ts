// The bucket of files that every stage must have.

export type BucketOf = { readonly stage: string; readonly kept: boolean; readonly origins: readonly string[] };

export function bucketName(stage: string): string {
  return `pantheon-${stage}-files-111122223333`;
}

export function expectedBuckets({ stage, kept, origins }: BucketOf) {
  const bucket = bucketName(stage);
  return {
    names: [{ name: bucket, emptied: !kept, protect: kept, retainOnDelete: kept }],
    private: [{ bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true }],
    owner: [{ objectOwnership: "BucketOwnerEnforced" }],
    encrypted: [[{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]],
    versions: ["Disabled"],
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
        ],
      },
    ],
    browsers:
      origins.length === 0
        ? []
        : [[{ allowedMethods: ["PUT"], allowedOrigins: origins, allowedHeaders: ["content-type"], maxAgeSeconds: 600 }]],
    tells: [
      [
        {
          lambdaFunctionArn: `arn:aws:lambda:eu-test-1:111122223333:function:pantheon-${stage}-file-parse`,
          events: ["s3:ObjectCreated:*"],
          filterPrefix: "files/",
        },
      ],
    ],
  };
}

/** What a function of a stage may do with it. */
export function bucketStatements(stage: string, { objects, bucket }: Readonly<Record<"objects" | "bucket", readonly string[]>>) {
  const arn = `arn:aws:s3:::${bucketName(stage)}`;
  return [
    { effect: "Allow", actions: objects, resources: [`${arn}/files/*`] },
    ...(bucket.length > 0 ? [{ effect: "Allow", actions: bucket, resources: [arn] }] : []),
  ];
}

/** How many of each kind there are of it. */
export const BUCKET_KINDS = {
  "aws:s3/bucket:Bucket": 1,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 1,
  "aws:s3/bucketNotification:BucketNotification": 1,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": 1,
  "aws:s3/bucketPolicy:BucketPolicy": 1,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 1,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 1,
  "aws:s3/bucketVersioning:BucketVersioning": 1,
};
