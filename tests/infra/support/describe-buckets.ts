// Everything that is said of buckets of ours, by their names; the bundles lie in one of the platform's.

import type { Registered } from "./evaluate-stage.ts";
import type { Reader } from "./read-inputs.ts";

type Of = (type: string) => Reader[];

export function describeBuckets(of: Of) {
  const all = (kind: string) => of(`aws:s3/${kind[0]?.toLowerCase()}${kind.slice(1)}:${kind}`);
  return Object.fromEntries(
    all("Bucket").map((bucket) => [bucket.text("bucket"), describeBucket(bucket.resource, (kind) => all(kind).filter(isOf(bucket)))]),
  );
}

function isOf(bucket: Reader) {
  return (part: Reader) => part.text("bucket") === bucket.text("bucket");
}

function describeBucket({ inputs, protect, retainOnDelete }: Registered, parts: (kind: string) => Reader[]) {
  const each = (kind: string, path: string) => parts(kind).map((part) => part.at(path));
  return {
    emptied: inputs["forceDestroy"],
    protect,
    retainOnDelete,
    private: parts("BucketPublicAccessBlock").map(({ resource }) => resource.inputs),
    owner: each("BucketOwnershipControls", "rule"),
    encrypted: each("BucketServerSideEncryptionConfiguration", "rules"),
    versions: each("BucketVersioning", "versioningConfiguration.status"),
    orphans: each("BucketLifecycleConfiguration", "rules"),
    policy: parts("BucketPolicy").map((part) => JSON.parse(part.text("policy")) as unknown),
    browsers: each("BucketCorsConfiguration", "corsRules"),
    tells: each("BucketNotification", "lambdaFunctions"),
    objects: Object.fromEntries(parts("BucketObjectv2").map((part) => [part.text("key"), describeObject(part)])),
  };
}

function describeObject(object: Reader) {
  const content = object.text("content");
  return {
    type: object.text("contentType"),
    kept: object.text("cacheControl"),
    staysBehind: object.resource.retainOnDelete,
    ...(content === "" ? {} : { content: JSON.parse(content) as unknown }),
  };
}
