// The bucket that files lie in until they are read: private, encrypted, without versions, so that what is removed is gone. What nobody
// removed is removed by the bucket itself. A file that comes calls `file-parse`.

import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

export type FileBucket = aws.s3.Bucket;

/** What the product's keys begin with: core/src/files/storage.ts. */
const PREFIX = "files/";
/** Longer than any event is delivered again. */
const ORPHAN_DAYS = 7;

/** The bucket. */
export function createFileBucket({ kept }: Pick<StageOptions, "kept">): FileBucket {
  const { accountId } = aws.getCallerIdentityOutput();
  return new aws.s3.Bucket(
    "Files",
    { bucket: $interpolate`${stageName("files")}-${accountId}`, forceDestroy: !kept },
    { protect: kept, retainOnDelete: kept },
  );
}

/** What holds for the bucket. Browsers put files there from the given origins, by addresses that `files` signs. */
export function guardFileBucket({ id: bucket, arn }: FileBucket, origins: readonly string[]) {
  return {
    isPrivate: new aws.s3.BucketPublicAccessBlock("FilesPrivate", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    }),
    isOurs: new aws.s3.BucketOwnershipControls("FilesOwner", { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }),
    isEncrypted: new aws.s3.BucketServerSideEncryptionConfiguration("FilesEncrypted", {
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    }),
    hasNoVersions: new aws.s3.BucketVersioning("FilesVersions", { bucket, versioningConfiguration: { status: "Disabled" } }),
    orphans: new aws.s3.BucketLifecycleConfiguration("FilesOrphans", { bucket, rules: [ORPHANS] }),
    policy: new aws.s3.BucketPolicy("FilesTls", { bucket, policy: overTlsAlone(arn) }),
    browsers:
      origins.length > 0 ? new aws.s3.BucketCorsConfiguration("FilesBrowsers", { bucket, corsRules: [fromOrigins(origins)] }) : null,
  };
}

const ORPHANS = {
  id: "orphans",
  status: "Enabled",
  filter: { prefix: "" },
  expiration: { days: ORPHAN_DAYS },
  abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
};

function fromOrigins(origins: readonly string[]) {
  return { allowedMethods: ["PUT"], allowedOrigins: [...origins], allowedHeaders: ["content-type"], maxAgeSeconds: 600 };
}

function overTlsAlone(arn: $util.Output<string>): $util.Output<string> {
  return $jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, $interpolate`${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}

/** What a function may do with the bucket, and nothing with any other. */
export const FILE_RIGHTS = {
  files: { objects: ["s3:PutObject", "s3:DeleteObject"], bucket: [] },
  // To list is what tells an object that is gone from one that is forbidden.
  "file-parse": { objects: ["s3:GetObject", "s3:DeleteObject"], bucket: ["s3:ListBucket"] },
} as const satisfies Record<string, { readonly objects: readonly string[]; readonly bucket: readonly string[] }>;

/** The permissions of a function that uses the bucket. */
export function filePermissions(bucket: FileBucket, name: keyof typeof FILE_RIGHTS) {
  const { objects, bucket: whole } = FILE_RIGHTS[name];
  return [
    { actions: [...objects], resources: [$interpolate`${bucket.arn}/${PREFIX}*`] },
    ...(whole.length > 0 ? [{ actions: [...whole], resources: [bucket.arn] }] : []),
  ];
}

/** From now on a file that comes is read, by this function. */
export function createFileEvents(bucket: FileBucket, reader: sst.aws.Function): aws.s3.BucketNotification {
  const { accountId } = aws.getCallerIdentityOutput();
  const allowed = new aws.lambda.Permission("FilesMayCall", {
    action: "lambda:InvokeFunction",
    function: reader.arn,
    principal: "s3.amazonaws.com",
    sourceArn: bucket.arn,
    sourceAccount: accountId,
  });
  return new aws.s3.BucketNotification(
    "FilesCome",
    { bucket: bucket.id, lambdaFunctions: [{ lambdaFunctionArn: reader.arn, events: ["s3:ObjectCreated:*"], filterPrefix: PREFIX }] },
    { dependsOn: [allowed] },
  );
}
