// The built web app as the files that a stage serves: what each is, and how long browsers keep it. Knows nothing of AWS.

import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";

export type SiteFile = {
  /** Its path below the site's address, without a slash before it. */
  readonly key: string;
  readonly path: string;
  readonly contentType: string;
  readonly cacheControl: string;
};

/** Whoever has it need never ask again: another content has another name. */
const FOR_EVER = "public, max-age=31536000, immutable";
/** Asked for anew each time. */
export const NO_CACHE = "no-cache";
/** Files under names that change with them. */
const ASSETS = "assets/";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** What Vite built in this folder. Throws when there is no build, and for a kind of file that nobody has named a type for. */
export function siteFiles(folder: string): SiteFile[] {
  if (!existsSync(join(folder, "index.html"))) throw new Error(`There is no web app in ${folder}: npm run build:site makes it.`);
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  return paths.map((path) => {
    const key = path.slice(join(folder, "/").length).replaceAll("\\", "/");
    const contentType = TYPES[extname(key)];
    if (contentType === undefined) throw new Error(`Nobody has said what type ${key} of the web app is: infra/site-files.ts.`);
    return { key, path, contentType, cacheControl: isAsset({ key }) ? FOR_EVER : NO_CACHE };
  });
}

/** Whether a file's name changes with its content. */
export function isAsset({ key }: Pick<SiteFile, "key">): boolean {
  return key.startsWith(ASSETS);
}
