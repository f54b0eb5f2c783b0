// The web app on a stage: a private bucket with what Vite built, the same on every stage, and `config.json`, which says which stage it is.
// CloudFront alone reads it (infra/door.ts).
//
// Files under `assets/` stay when a deploy brings others: a page that is open in somebody's browser still asks for them.

import { resolve } from "node:path";
import { guardBucket } from "./bucket.ts";
import type { DeploySettings } from "./settings.ts";
import { isAsset, NO_CACHE, siteFiles, type SiteFile } from "./site-files.ts";
import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";

export type Site = {
  readonly bucket: aws.s3.Bucket;
  /** The files that are no page: every other address is shown the app. */
  readonly files: readonly string[];
};

/** The bucket and what lies in it. Throws where the app was not built. */
export function createSite({ kept }: Pick<StageOptions, "kept">, { folder, config }: DeploySettings["site"]): Site {
  const { accountId } = aws.getCallerIdentityOutput();
  const bucket = new aws.s3.Bucket(
    "Site",
    { bucket: $interpolate`${stageName("site")}-${accountId}`, forceDestroy: !kept },
    { protect: kept, retainOnDelete: kept },
  );
  const files = siteFiles(resolve($cli.paths.root, folder));
  const assets = files.filter(isAsset).map((file) => upload(bucket, file, []));
  // The page comes last: whoever gets the new one finds all that it asks for.
  for (const file of files.filter((other) => !isAsset(other))) upload(bucket, file, assets);
  tell(bucket, config);
  return { bucket, files: [...files.map(({ key }) => key), CONFIG] };
}

const CONFIG = "config.json";

/** From now on this distribution reads the bucket, and nobody else. That it may list it makes what is not there a 404 instead of a 403. */
export function openSite({ bucket }: Site, distributionArn: $util.Output<string>): void {
  const Condition = { StringEquals: { "aws:SourceArn": distributionArn } };
  const reader = { Effect: "Allow", Principal: { Service: "cloudfront.amazonaws.com" }, Condition };
  guardBucket("Site", bucket, [
    { ...reader, Action: "s3:GetObject", Resource: $interpolate`${bucket.arn}/*` },
    { ...reader, Action: "s3:ListBucket", Resource: bucket.arn },
  ]);
}

function tell(bucket: aws.s3.Bucket, config: object): aws.s3.BucketObjectv2 {
  const contentType = "application/json; charset=utf-8";
  const told = { bucket: bucket.id, key: CONFIG, content: JSON.stringify(config), contentType, cacheControl: NO_CACHE };
  return new aws.s3.BucketObjectv2("Site-config.json", told);
}

function upload(bucket: aws.s3.Bucket, file: SiteFile, dependsOn: aws.s3.BucketObjectv2[]): aws.s3.BucketObjectv2 {
  const { key, path, contentType, cacheControl } = file;
  return new aws.s3.BucketObjectv2(
    `Site-${key}`,
    { bucket: bucket.id, key, source: $asset(path), contentType, cacheControl },
    { dependsOn, retainOnDelete: isAsset(file) },
  );
}
