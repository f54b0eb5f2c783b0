// The bucket that files lie in until they are read: private, encrypted, without versions, so that what is removed is gone. What nobody
// removed is removed by the bucket itself. A file that comes calls `file-parse`.

import { guardBucket } from "./bucket.ts";
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
export function guardFileBucket(bucket: FileBucket, origins: readonly $util.Input<string>[]) {
  return {
    ...guardBucket("Files", bucket),
    orphans: new aws.s3.BucketLifecycleConfiguration("FilesOrphans", { bucket: bucket.id, rules: [ORPHANS] }),
    browsers: new aws.s3.BucketCorsConfiguration("FilesBrowsers", { bucket: bucket.id, corsRules: [fromOrigins(origins)] }),
  };
}

/** Where browsers put files: the addresses that `files` signs begin with it. */
export function originOf({ bucketRegionalDomainName: host }: FileBucket): $util.Output<string> {
  return $interpolate`https://${host}`;
}

const ORPHANS = {
  id: "orphans",
  status: "Enabled",
  filter: { prefix: "" },
  expiration: { days: ORPHAN_DAYS },
  abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
};

function fromOrigins(origins: readonly $util.Input<string>[]) {
  return { allowedMethods: ["PUT"], allowedOrigins: [...origins], allowedHeaders: ["content-type"], maxAgeSeconds: 600 };
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
