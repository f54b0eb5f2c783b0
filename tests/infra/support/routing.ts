// The rule by which an HTTP API picks a route: a full match before one with {proxy+}, fixed segments before named ones, and the
// longest path; a method of its own before ANY.

import * as v from "valibot";

/** The route key that a request reaches, or null. Written after AWS's description of the rule, not after our routes. */
export function routeFor(routeKeys: readonly string[], method: string, path: string): string | null {
  const matching = routeKeys.map(parsed).filter((route) => [method, "ANY"].includes(route.method) && matches(route, segmentsOf(path)));
  return matching.toSorted(moreSpecificFirst)[0]?.key ?? null;
}

type Door = { readonly paths: unknown; readonly otherwise: unknown };
const Behaviour = v.object({ pathPattern: v.string(), targetOriginId: v.string() });

/** Which origin CloudFront asks for a path: of the first pattern that fits, where `*` stands for anything, and else of the default. */
export function doorFor({ doors }: { readonly doors: Readonly<Record<string, Door>> }, path: string): string {
  const door = Object.values(doors)[0];
  const fits = (pattern: string) => new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(path);
  const found = v.parse(v.array(Behaviour), door?.paths).find(({ pathPattern }) => fits(pathPattern));
  return (found ?? v.parse(v.object({ targetOriginId: v.string() }), door?.otherwise)).targetOriginId;
}

type Route = { readonly key: string; readonly method: string; readonly segments: readonly string[] };

function parsed(key: string): Route {
  const [method = "", path = ""] = key.split(" ");
  return { key, method, segments: segmentsOf(path) };
}

function segmentsOf(path: string): string[] {
  return path.split("/").slice(1);
}

function matches({ segments }: Route, asked: readonly string[]): boolean {
  const greedy = isGreedy(segments);
  const fixed = greedy ? segments.slice(0, -1) : segments;
  const lengthFits = greedy ? asked.length > fixed.length && asked[fixed.length] !== "" : asked.length === fixed.length;
  return lengthFits && fixed.every((segment, index) => (isNamed(segment) ? asked[index] !== "" : segment === asked[index]));
}

function moreSpecificFirst(a: Route, b: Route): number {
  return (
    Number(isGreedy(a.segments)) - Number(isGreedy(b.segments)) ||
    b.segments.length - a.segments.length ||
    a.segments.filter(isNamed).length - b.segments.filter(isNamed).length ||
    Number(a.method === "ANY") - Number(b.method === "ANY")
  );
}

function isGreedy(segments: readonly string[]): boolean {
  return segments.at(-1)?.endsWith("+}") === true;
}

function isNamed(segment: string): boolean {
  return segment.startsWith("{");
}
