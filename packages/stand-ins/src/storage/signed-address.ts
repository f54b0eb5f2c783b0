// An address that was signed for somebody else to use, checked as S3 checks it: by its signature over method, path, query and the headers
// that it names, and by its time.

import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The secret that the product signs with at a stand-in. */
const SECRET = "stand-in";

/** Why this request may not use the address; null when it may. */
export function faultOfAddress(request: IncomingMessage, url: URL, now: number): string | null {
  const said = (name: string) => url.searchParams.get(name) ?? "";
  const signature = said("X-Amz-Signature");
  if (signature === "") return "AccessDenied";
  const signedAt = Date.parse(said("X-Amz-Date").replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(now <= signedAt + Number(said("X-Amz-Expires")) * 1_000)) return "AccessDenied";
  return signature === signatureOf(request, url, said) ? null : "SignatureDoesNotMatch";
}

function signatureOf(request: IncomingMessage, url: URL, said: (name: string) => string): string {
  const names = said("X-Amz-SignedHeaders").split(";");
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted();
  const headers = names.map((name) => `${name}:${String(request.headers[name] ?? "").trim()}\n`).join("");
  const canonical = [request.method, url.pathname, query.join("&"), headers, names.join(";"), "UNSIGNED-PAYLOAD"].join("\n");
  const [, day = "", region = "", service = "", end = ""] = said("X-Amz-Credential").split("/");
  const scope = [day, region, service, end].join("/");
  const text = ["AWS4-HMAC-SHA256", said("X-Amz-Date"), scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = [day, region, service, end].reduce<string | Buffer>((secret, part) => keyed(secret, part), `AWS4${SECRET}`);
  return createHmac("sha256", key).update(text).digest("hex");
}

function keyed(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
