// What browsers are told of the web app's pages and files: the product's own policy (core/src/config/site.ts), in CloudFront's words.

import { PAGE_HEADERS, pagePolicy } from "@pantheon/core/config/site.ts";
import { stageName } from "./stage-name.ts";

const TWO_YEARS_SECONDS = 63_072_000; // what the API says, too

/** `connect` are origins that the pages may ask beside their own. */
export function createPageHeaders(connect: $util.Input<string>[]): aws.cloudfront.ResponseHeadersPolicy {
  const { "X-Content-Type-Options": _nosniff, "X-Frame-Options": frameOption, "Referrer-Policy": referrerPolicy, ...others } = PAGE_HEADERS;
  return new aws.cloudfront.ResponseHeadersPolicy("PageHeaders", {
    name: stageName("pages"),
    securityHeadersConfig: {
      contentSecurityPolicy: { contentSecurityPolicy: $util.all(connect).apply((origins) => pagePolicy(origins)), override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption, override: true },
      referrerPolicy: { referrerPolicy, override: true },
      strictTransportSecurity: { accessControlMaxAgeSec: TWO_YEARS_SECONDS, includeSubdomains: true, override: true },
    },
    customHeadersConfig: { items: Object.entries(others).map(([header, value]) => ({ header, value, override: true })) },
  });
}
