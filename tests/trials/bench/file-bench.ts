// What reading a file of ten megabytes costs, in the thread that the product reads in: time, and what the process grew by at most meanwhile.
// Files are made here, so that everybody measures the same.

import { performance } from "node:perf_hooks";
import Table from "cli-table3";
import { parseInThread } from "@pantheon/core/files/parsing/thread.ts";
import { pdf } from "../../support/documents.ts";

const BOUNDS = { ms: 120_000, heapMb: 768, growthMb: 2_000 };
const MIB = 1_024 * 1_024;
const LOOK_MS = 20;
const LINE = "So much fits into one line of a page that is printed on paper.";
const LINES_A_PAGE = 45;
const TEN_MB = 10_000_000;

const page = Array.from({ length: LINES_A_PAGE }, () => LINE).join("\n");
const FILES: readonly (readonly [what: string, bytes: () => Uint8Array])[] = [
  ["a PDF of full pages", () => pdf(Array.from({ length: Math.floor(TEN_MB / (page.length + LINES_A_PAGE * 8 + 250)) }, () => page))],
  ["a CSV of five cells a row", () => Buffer.from("alpha,beta,gamma,delta,123456\n".repeat(TEN_MB / 30))],
  ["a text", () => Buffer.from(`${LINE}\n`.repeat(TEN_MB / (LINE.length + 1)))],
];

const table = new Table({ head: ["file", "MB", "s", "MiB more", "pages of text", "cut"], style: { head: [], border: [] } });
for (const [what, bytesOf] of FILES) {
  const bytes = bytesOf();
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), LOOK_MS);
  const began = performance.now();
  const parsed = await parseInThread(bytes, BOUNDS);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  clearInterval(watch);
  const [pages, isCut] = "why" in parsed ? [parsed.why, ""] : [parsed.pages.length, parsed.isTruncated ? "yes" : "no"];
  table.push([what, (bytes.byteLength / 1e6).toFixed(1), seconds, Math.round((most - before) / MIB), pages, isCut]);
}
process.stdout.write(`${table.toString()}\n`);
