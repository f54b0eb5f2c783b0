// The web app that every stage must serve: a small build, made where a stage is evaluated, and what must become of each of its files.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { COMMIT } from "./deploy-environment.ts";
import type { StageName } from "./expected-stage.ts";

const [FOR_EVER, ANEW] = ["public, max-age=31536000, immutable", "no-cache"];

const FILES = {
  "assets/index-B4se64.css": "text/css; charset=utf-8",
  "assets/index-B4se64.js": "text/javascript; charset=utf-8",
  "assets/serif-B4se64.woff2": "font/woff2",
  "index.html": "text/html; charset=utf-8",
  "oculus.svg": "image/svg+xml",
};

/** Puts the build where a deploy looks for it. */
export async function buildSite(folder: string): Promise<void> {
  for (const name of Object.keys(FILES)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), name);
  }
}

export function expectedObjects(stage: StageName) {
  const files = Object.entries(FILES).map(([key, type]) => {
    const isAsset = key.startsWith("assets/");
    return [key, { type, kept: isAsset ? FOR_EVER : ANEW, staysBehind: isAsset }];
  });
  const config = { type: "application/json; charset=utf-8", kept: ANEW, staysBehind: false, content: expectedConfig(stage) };
  return { ...Object.fromEntries(files), "config.json": config };
}

function expectedConfig(stage: StageName) {
  const isBare = stage === "dev";
  return {
    stage,
    commit: isBare ? "unknown" : COMMIT,
    issuer: "https://issuer.test",
    client_id: isBare ? null : "the-pages",
    scope: isBare ? null : "openid email offline_access",
    audience: isBare ? null : { parameter: "audience", value: "authenticated" },
    token: "access",
    usd_per_credit: "0.03",
    top_up: { min_usd: "1.00", max_usd: "500.00" },
    payment: isBare ? null : "stripe",
    stripe_key: isBare ? null : "pk_live_pages",
  };
}

/** What browsers are told of every page. */
export function expectedHeaders(stage: StageName) {
  const connect = [
    "'self'",
    "https://issuer.test",
    ...(stage === "dev" ? [] : ["https://tokens.test"]),
    `https://pantheon-${stage}-files-111122223333.s3.eu-test-1.test`,
    "https://api.stripe.com",
  ];
  const stripe = "https://js.stripe.com https://*.js.stripe.com";
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${stripe}`,
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src ${connect.join(" ")}`,
    `frame-src ${stripe} https://hooks.stripe.com`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return {
    name: `pantheon-${stage}-pages`,
    security: {
      contentSecurityPolicy: { contentSecurityPolicy: policy, override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: "DENY", override: true },
      referrerPolicy: { referrerPolicy: "same-origin", override: true },
      strictTransportSecurity: { accessControlMaxAgeSec: 63_072_000, includeSubdomains: true, override: true },
    },
    custom: {
      items: [
        { header: "Cross-Origin-Opener-Policy", value: "same-origin", override: true },
        {
          header: "Permissions-Policy",
          value: 'camera=(), geolocation=(), microphone=(), usb=(), payment=(self "https://js.stripe.com")',
          override: true,
        },
      ],
    },
  };
}

/** What turns every address that is no file into the app. */
export function expectedPages(stage: StageName): string {
  return `pantheon-${stage}-pages cloudfront-js-2.0
function handler(event) {
  var request = event.request;
  if (["/index.html","/oculus.svg","/config.json"].indexOf(request.uri) === -1) request.uri = "/index.html";
  return request;
}`;
}

export const SITE_KINDS = {
  "aws:cloudfront/function:Function": 1,
  "aws:cloudfront/originAccessControl:OriginAccessControl": 1,
  "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": 1,
};
export const SITE_OBJECTS = Object.keys(FILES).length + 1;
