// Who may import whom (docs/architecture.md). `npm run check:rooms` fails on any other arrow. Arrows go one way:
// contract ← core ← functions, contract ← edge ← functions, contract ← client ← local, ops, and inside the core from db upwards.
const OURS = "^(packages|functions|migrations|infra|tests)/";
const package_ = (name) => (name === "functions" ? "^functions/" : `^packages/${name}/src/`);
const core = package_("core");
const room = (name) => `${core}${name}/`;
const leaves = `${core}[a-z0-9-]+\\.ts$`;
const contract = package_("contract");

/** What stands in a workspace's own node_modules is a package, and no room. */
const INSTALLED = "/node_modules/";

/** A room of the core imports itself, the core's leaves, its configuration, the contract, and of other rooms their faces alone. */
const only = (from, ...rooms) => ({
  name: `${from}-imports-only-${["leaves", ...rooms].join("-")}`,
  severity: "error",
  from: { path: room(from) },
  to: { path: OURS, pathNot: [INSTALLED, contract, leaves, room("config"), room(from), ...rooms.map(room)] },
});

/** A package imports itself and these. */
const packageOnly = (from, ...allowed) => ({
  name: `${from}-imports-only-${allowed.join("-") || "itself"}`,
  severity: "error",
  from: { path: package_(from) },
  to: { path: OURS, pathNot: [INSTALLED, package_(from), ...allowed] },
});

module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "^aws-lambda$" } }, // types only
    packageOnly("contract"),
    packageOnly("client", contract),
    {
      name: "contract-is-made-of-valibot-big-and-uuid",
      severity: "error",
      from: { path: contract },
      to: { path: "node_modules/", pathNot: "node_modules/(valibot|big\\.js|uuid|@types/[^/]+)/" },
    },
    packageOnly("edge", contract, `${core}log\\.ts$`, room("config"), `${room("accounts")}caller\\.ts$`),
    packageOnly("functions", contract, package_("edge"), core),
    packageOnly("stand-ins", contract, `${core}log\\.ts$`, room("models")),
    packageOnly("ops", contract, package_("client"), core, package_("edge"), package_("functions"), package_("stand-ins")),
    packageOnly(
      "local",
      contract,
      package_("client"),
      core,
      package_("edge"),
      package_("functions"),
      package_("ops"),
      package_("stand-ins"),
    ),
    {
      name: "core-leaves-and-config-import-nothing-of-ours",
      severity: "error",
      from: { path: [leaves, room("config")] },
      to: { path: OURS, pathNot: [contract, leaves, room("config")] },
    },
    only("db"),
    only("audit", "db"),
    only("models"),
    only("metering", "models"),
    only("pricing", "db", "audit", "models"),
    only("ledger", "db", "audit", "pricing"),
    only("accounts", "db", "audit", "ledger"),
    only("turns", "db", "audit", "accounts", "ledger", "pricing", "metering", "models"),
    only("payments", "db", "audit", "accounts", "ledger"),
    only("reports", "db", "pricing"),
    only("maintenance", "db", "ledger"),
    { name: "functions-do-no-sql", severity: "error", from: { path: "^functions/" }, to: { path: `${core}[a-z]+/statements/` } },
    {
      name: "functions-load-only-themselves",
      severity: "error",
      from: { path: "^functions/([^/]+)/", pathNot: "^functions/maintenance/" },
      to: { path: "^functions/[^/]+/", pathNot: "^functions/$1/" },
    },
    {
      name: "only-local-and-tests-use-stand-ins",
      severity: "error",
      from: { pathNot: ["^packages/(local|stand-ins)/", "^packages/ops/src/stage-verify/local-stage\\.ts$", "^tests/"] },
      to: { path: "^packages/stand-ins/" },
    },
    {
      name: "infra-imports-only-config-log-and-the-manifest",
      severity: "error",
      from: { path: "^infra/" },
      to: {
        path: "^(packages|functions|migrations|tests)/",
        pathNot: [room("config"), `${core}log\\.ts$`, "^functions/functions\\.ts$"],
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
      from: { path: "^(packages/(core|edge|contract)|functions)/", pathNot: room("db") },
      to: { path: "node_modules/(pg|@neondatabase/serverless)/" },
    },
    {
      name: "stripe-only-in-its-file",
      severity: "error",
      from: { pathNot: `${room("payments")}stripe\\.ts$` },
      to: { path: "node_modules/stripe/" },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    // swc reads no .tsx here: tests/web/rooms.test.ts says who imports whom in the web app.
    exclude: { path: "^(\\.sst|dist|docs|packages/web)/" },
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
