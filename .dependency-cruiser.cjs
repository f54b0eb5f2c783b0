// Who may import whom (docs/architecture.md). `npm run check:rooms` fails on any other arrow.
const core = "^packages/core/src/";
const room = (name) => `${core}${name}/`;
const leaves = `${core}[a-z0-9-]+\\.ts$`;

/** What stands in a workspace's own node_modules is a package, and no room. */
const packages = "/node_modules/";

/** Inside the core, `from` may import only these rooms besides the leaves and itself. */
const only = (from, ...allowed) => ({
  name: `${from}-imports-only-${["leaves", ...allowed].join("-")}`,
  severity: "error",
  from: { path: room(from) },
  to: { path: "^(packages|functions|migrations|tests)/", pathNot: [leaves, packages, room(from), ...allowed.map(room)] },
});

module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "^aws-lambda$" } }, // types only
    {
      name: "leaves-import-nothing-of-ours",
      severity: "error",
      from: { path: leaves },
      to: { path: "^(packages|functions|migrations)/", pathNot: leaves },
    },
    only("db"),
    only("http"),
    only("llm"),
    only("metering"),
    only("models"),
    only("pricing", "db"),
    only("wallet", "db"),
    only("topups", "wallet", "db"),
    only("reports", "metering", "db"),
    only("turns", "pricing", "metering", "wallet", "llm", "db"),
    {
      name: "functions-import-only-core",
      severity: "error",
      from: { path: "^functions/([^/]+)/" },
      to: { path: "^(packages|functions|migrations|tests)/", pathNot: [core, "^functions/$1/"] },
    },
    { name: "functions-do-no-sql", severity: "error", from: { path: "^functions/" }, to: { path: room("db/statements") } },
    {
      name: "nothing-imports-local",
      severity: "error",
      from: { pathNot: ["^packages/local/", "^tests/"] },
      to: { path: "^packages/local/" },
    },
    {
      name: "infra-imports-only-config-log-and-addresses",
      severity: "error",
      from: { path: "^infra/" },
      to: {
        path: "^(packages|functions|migrations|tests)/",
        pathNot: ["^packages/core/src/(config|log)\\.ts$", "^functions/addresses\\.ts$"],
      },
    },
    {
      name: "nothing-imports-infra",
      severity: "error",
      from: { pathNot: ["^infra/", "^sst\\.config\\.ts$", "^tests/"] },
      to: { path: "^infra/" },
    },
    { name: "migrations-stand-alone", severity: "error", from: { path: "^migrations/" }, to: { path: "^(packages|functions|tests)/" } },
    {
      name: "drivers-only-in-db",
      severity: "error",
      from: { path: "^(packages/core|functions)/", pathNot: room("db") },
      to: { path: "node_modules/(pg|@neondatabase/serverless)/" },
    },
    {
      name: "stripe-only-in-its-file",
      severity: "error",
      from: { pathNot: `${room("topups")}stripe\\.ts$` },
      to: { path: "node_modules/stripe/" },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(\\.sst|dist|docs)/" },
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
