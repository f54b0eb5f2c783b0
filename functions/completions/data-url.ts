// Pictures and files that come along as `data:` URLs. Nothing is fetched from elsewhere: whoever asks could send us to any address.

import { invalidRequest } from "@pantheon/edge/input/faults.ts";

const DATA_URL = /^data:([\w.+-]{1,64}\/[\w.+-]{1,128})(?:;[\w-]+=[^;,]{0,100})*;base64,/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The media type and the base64 of a `data:` URL; 422 with `path` for anything else. */
export function dataUrl(url: string, path: string): { readonly mediaType: string; readonly data: string } {
  const match = DATA_URL.exec(url.slice(0, 512));
  const data = match === null ? "" : url.slice(match[0].length);
  if (match?.[1] === undefined || data === "" || !BASE64.test(data)) {
    throw invalidRequest([{ path, message: "must be a data: URL with base64; addresses are not fetched" }]);
  }
  return { mediaType: match[1].toLowerCase(), data };
}
