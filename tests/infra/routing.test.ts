// The rule that the routes are tested by is the gateway's: AWS's own example, and where it differs from a prefix rule.

import { expect, it } from "vitest";
import { routeFor } from "./support/routing.ts";

const ROUTES = ["$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1"];

it.each([
  ["GET /pets/dog/1", "GET /pets/dog/1"],
  ["GET /pets/dog/2", "GET /pets/dog/{id}"],
  ["GET /pets/cat/1", "GET /pets/{proxy+}"],
  ["POST /test/5", "ANY /{proxy+}"],
  ["POST /pets/dog/1", "ANY /{proxy+}"],
  ["GET /pets", "ANY /{proxy+}"],
])("%s reaches %s", (request, key) => {
  const [method = "", path = ""] = request.split(" ");
  expect(routeFor(ROUTES, method, path)).toBe(key);
  expect(routeFor(ROUTES.toReversed(), method, path)).toBe(key);
});

it("nothing below a path reaches the path itself, nor the path what is below it", () => {
  expect(routeFor(["ANY /a"], "GET", "/a/b")).toBeNull();
  expect(routeFor(["ANY /a/{proxy+}"], "GET", "/a")).toBeNull();
  expect(routeFor(["GET /a"], "POST", "/a")).toBeNull();
});
