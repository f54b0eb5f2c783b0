// What holds for every bucket of ours: private, encrypted, without versions, so that what is removed is gone, and over TLS alone.

/** The rules of a bucket; `name` is what its parts are called by. `statements` say who may read it, beside those to whom the account's own policies give it. */
export function guardBucket(name: string, { id: bucket, arn }: aws.s3.Bucket, statements: readonly object[] = []) {
  return {
    isPrivate: new aws.s3.BucketPublicAccessBlock(`${name}Private`, {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    }),
    isOurs: new aws.s3.BucketOwnershipControls(`${name}Owner`, { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }),
    isEncrypted: new aws.s3.BucketServerSideEncryptionConfiguration(`${name}Encrypted`, {
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    }),
    hasNoVersions: new aws.s3.BucketVersioning(`${name}Versions`, { bucket, versioningConfiguration: { status: "Disabled" } }),
    policy: new aws.s3.BucketPolicy(`${name}Tls`, {
      bucket,
      policy: $jsonStringify({ Version: "2012-10-17", Statement: [overTlsAlone(arn), ...statements] }),
    }),
  };
}

function overTlsAlone(arn: $util.Output<string>): object {
  return {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, $interpolate`${arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
