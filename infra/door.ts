// The one address of a stage: CloudFront in front of the web app, the API, and the functions that stream, so that a page asks nobody but
// its own origin. Where others use the stage, a rule shuts out an address that asks too often; the HTTP API itself cannot have one.
// Nothing of the API is cached: what passes belongs to one person.
//
// The addresses behind it stay reachable; what bounds them there is the API's throttling and the functions' reserved concurrency. Why
// CloudFront does not sign what it passes on: docs/decisions/0020-one-origin.md.

import { BEHIND_API, FUNCTIONS, STREAMED } from "../functions/functions.ts";
import type { PantheonFunctions } from "./functions.ts";
import { createPageHeaders } from "./page-headers.ts";
import { openSite, type Site } from "./site.ts";
import { stageName } from "./stage-name.ts";
import type { StageOptions } from "./stages.ts";
import { createWall } from "./wall.ts";

type Behind = {
  readonly api: sst.aws.ApiGatewayV2;
  readonly functions: PantheonFunctions;
  readonly site: Site;
  /** Origins that the pages may ask beside their own. */
  readonly connect: $util.Input<string>[];
};
type Urls = Record<"url" | "api" | "turnsStream" | "adminStream" | "completions", $util.Output<string>>;

/** `url` is what callers are given; the others are behind it, for who looks after the stage. */
export function createDoor({ perAddress, adminUrl }: StageOptions, { api, functions, site, connect }: Behind): Urls {
  const behind = {
    api: api.url,
    turnsStream: functions["turns-stream"].url,
    adminStream: functions["admin-stream"].url,
    completions: functions.completions.url,
  };
  const wall = perAddress === null ? null : createWall(perAddress);
  const pages = { targetOriginId: "site", ...READ_ONLY, responseHeadersPolicyId: createPageHeaders(connect).id };
  const asked = { eventType: "viewer-request", functionArn: createPageFunction(site).arn };
  const distribution = new aws.cloudfront.Distribution("Door", {
    comment: stageName(),
    enabled: true,
    isIpv6Enabled: true,
    httpVersion: "http2and3",
    ...(wall !== null && { webAclId: wall.arn }),
    origins: [
      siteOrigin(site),
      origin("api", behind.api),
      origin("turns-stream", behind.turnsStream),
      // One that wants signed requests is for programs that sign them; exports then go through the gateway, and end when it does.
      ...(adminUrl === "none" ? [origin("admin-stream", behind.adminStream)] : []),
      origin("completions", behind.completions),
    ],
    orderedCacheBehaviors: [
      ...under(STREAMED["turns-stream"], "turns-stream"),
      ...(adminUrl === "none" ? under(STREAMED["admin-stream"], "admin-stream") : []),
      ...below(FUNCTIONS.completions.addresses, "completions"),
      ...below(rootsOf(BEHIND_API.flatMap((name): readonly string[] => FUNCTIONS[name].addresses)), "api"),
      { ...pages, pathPattern: "/assets/*", cachePolicyId: CACHE_AS_TOLD },
    ],
    defaultCacheBehavior: { ...pages, cachePolicyId: CACHE_NOTHING, functionAssociations: [asked] },
    restrictions: { geoRestriction: { restrictionType: "none" } },
    viewerCertificate: { cloudfrontDefaultCertificate: true },
  });
  openSite(site, distribution.arn);
  return { url: $interpolate`https://${distribution.domainName}`, ...behind };
}

/** AWS's own policies. Of a request all is passed on but the Host, by which the origin is found. */
const CACHE_NOTHING = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const CACHE_AS_TOLD = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const PASS_ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/** Between two pieces of a response. The gateway gives up after half of it, and a stream says something every 15 seconds. */
const SILENCE_SECONDS = 60;

const READ_ONLY = {
  viewerProtocolPolicy: "redirect-to-https",
  allowedMethods: ["GET", "HEAD"],
  cachedMethods: ["GET", "HEAD"],
  compress: true,
};

/** A program that speaks plain HTTP has shown its token: it is refused instead of led on. A stream that was compressed would come in lumps. */
const PASSED_ON = {
  viewerProtocolPolicy: "https-only",
  allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
  cachedMethods: ["GET", "HEAD"],
  cachePolicyId: CACHE_NOTHING,
  originRequestPolicyId: PASS_ALL_BUT_HOST,
  compress: false,
};

function under(patterns: readonly string[], target: string) {
  return patterns.map((pathPattern) => ({ ...PASSED_ON, pathPattern, targetOriginId: target }));
}

/** An address itself, and everything below it. */
function below(addresses: readonly string[], target: string) {
  return under(
    addresses.flatMap((address) => [address, `${address}/*`]),
    target,
  );
}

/** `/api` for all that begins with it: an address of the product that nobody has is its 404, and no page. */
function rootsOf(addresses: readonly string[]): string[] {
  return [...new Set(addresses.map((address) => `/${address.split("/")[1]}`))];
}

function origin(originId: string, url: $util.Output<string>) {
  return {
    originId,
    domainName: url.apply((address) => new URL(address).host),
    customOriginConfig: {
      httpPort: 80,
      httpsPort: 443,
      originProtocolPolicy: "https-only",
      originSslProtocols: ["TLSv1.2"],
      originReadTimeout: SILENCE_SECONDS,
    },
  };
}

function siteOrigin({ bucket }: Site) {
  const access = new aws.cloudfront.OriginAccessControl("SiteAccess", {
    name: stageName("site"),
    originAccessControlOriginType: "s3",
    signingBehavior: "always",
    signingProtocol: "sigv4",
  });
  return { originId: "site", domainName: bucket.bucketRegionalDomainName, originAccessControlId: access.id };
}

/** Every address that is no file is a page of the app, whatever is in it: people's ids have dots. */
function createPageFunction({ files }: Site): aws.cloudfront.Function {
  const known = JSON.stringify(files.filter((file) => !file.includes("/")).map((file) => `/${file}`));
  return new aws.cloudfront.Function("Pages", {
    name: stageName("pages"),
    runtime: "cloudfront-js-2.0",
    publish: true,
    code: [
      "function handler(event) {",
      "  var request = event.request;",
      `  if (${known}.indexOf(request.uri) === -1) request.uri = "/index.html";`,
      "  return request;",
      "}",
    ].join("\n"),
  });
}
