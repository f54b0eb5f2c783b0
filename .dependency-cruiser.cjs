// Who may import whom (docs/architecture.md). `npm run check:rooms` fails on any other arrow. Arrows go one way:
// contract ← core ← functions, contract ← edge ← functions, contract ← client ← local, ops, and inside the core from db upwards.
// Packages, rooms and their faces are data: .rooms.cjs.
const { PACKAGES, ROOMS } = require("./.rooms.cjs");

const OURS = "^(packages|functions|migrations|infra|tests)/";
const package_ = (name) => (name === "functions" ? "^functions/" : `^packages/${name}/src/`);
const core = package_("core");
const room = (name) => `${core}${name}/`;
const leaves = `${core}[a-z0-9-]+\\.ts$`;
const contract = package_("contract");

/** What stands in a workspace's own node_modules is a package, and no room. */
const INSTALLED = "/node_modules/";

/** A room of the core imports itself, the core's leaves, the contract, and these rooms by their faces. */
const roomOnly = ([from, { imports }]) => ({
  name: `${from}-imports-only-${["leaves", ...imports].join("-")}`,
  severity: "error",
  from: { path: room(from) },
  to: { path: OURS, pathNot: [INSTALLED, contract, leaves, room(from), ...imports.map(room)] },
});

/** A room is entered by its faces, and by one that has a door of its own also there. */
const enteredByFaces = ([name, { faces, doors = {} }]) => {
  const file = (face) => `${room(name)}${face}\\.ts$`;
  const rule = (who, from, to) => ({
    name: `${name}-is-entered-by-its-faces-${who}`,
    severity: "error",
    from,
    to: { path: room(name), pathNot: to.map(file) },
  });
  return [
    rule("alone", { pathNot: ["^tests/", room(name), ...Object.keys(doors).map(room)] }, faces),
    ...Object.entries(doors).map(([by, more]) => rule(`and-doors-by-${by}`, { path: room(by) }, [...faces, ...more])),
  ];
};

/** A package imports itself and these. */
const packageOnly = ([from, imports]) => ({
  name: `${from}-imports-only-${imports.join("-").replaceAll("/", "") || "itself"}`,
  severity: "error",
  from: { path: package_(from) },
  to: { path: OURS, pathNot: [INSTALLED, package_(from), ...imports.map(placeOf)] },
});

/** `core/log`, `core/config/` and `core/accounts/caller` are a leaf, a room and a face. */
const placeOf = (place) => {
  if (!place.startsWith("core/")) return package_(place);
  return place.endsWith("/") ? `${core}${place.slice("core/".length)}` : `${core}${place.slice("core/".length)}\\.ts$`;
};

module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "^aws-lambda$" } }, // types only
    {
      name: "contract-is-made-of-valibot-big-and-uuid",
      severity: "error",
      from: { path: contract },
      to: { path: "node_modules/", pathNot: "node_modules/(valibot|big\\.js|uuid|@types/[^/]+)/" },
    },
    ...Object.entries(PACKAGES).map(packageOnly),
    ...Object.entries(ROOMS).map(roomOnly),
    ...Object.entries(ROOMS).flatMap(enteredByFaces),
    {
      name: "core-leaves-import-nothing-of-ours",
      severity: "error",
      from: { path: leaves },
      to: { path: OURS, pathNot: [contract, leaves] },
    },
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
      name: "s3-only-in-its-file",
      severity: "error",
      from: { pathNot: `${room("files")}s3\\.ts$` },
      to: { path: "node_modules/@aws-sdk/(client-s3|s3-request-presigner)/" },
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
