// The plan of the house, as data: which package and which room of the core imports what, and by which files a room is entered from
// outside. The rules of .dependency-cruiser.cjs and the table of faces in docs/architecture.md are made of it; tests/rooms.test.ts finds
// the arrow and the face that nobody uses.

/** What each package imports of ours. A package that may not enter every room of the core names what it enters: a leaf, a room or a face. */
exports.PACKAGES = {
  contract: [],
  client: ["contract"],
  core: ["contract"],
  edge: ["contract", "core/log", "core/config/", "core/accounts/caller"],
  functions: ["contract", "core/", "edge"],
  "stand-ins": ["contract", "core/log", "core/models/"],
  ops: ["contract", "client", "core/", "edge", "functions", "stand-ins"],
  local: ["contract", "client", "core/", "edge", "functions", "ops", "stand-ins"],
};

/**
 * The rooms of the core. Each imports the contract and the core's leaves (log.ts), and of these rooms their faces: the only files that
 * are entered from another room, a function or a package. `doors` are further faces, for one room alone.
 */
exports.ROOMS = {
  config: { imports: [], faces: ["config", "database-url", "site", "variables"] },
  db: {
    imports: ["config"],
    faces: ["app-login", "connected-role", "database", "days", "list", "migrate", "migration-head", "prepared", "unavailable"],
  },
  audit: { imports: ["db"], faces: ["actions", "audited", "keyed", "once", "reads", "request-key"] },
  models: { imports: [], faces: ["attempts", "capable", "collect", "gateway", "model", "models", "report", "request", "storable-text"] },
  metering: { imports: ["models"], faces: ["estimate", "token-bound", "usage"] },
  pricing: { imports: ["config", "db", "audit", "models"], faces: ["catalog", "charge", "prices", "settings", "versions", "weights"] },
  ledger: {
    imports: ["db", "audit"],
    faces: ["described", "durability", "entries", "grant", "invariants", "limits-in-force", "proposals", "wallet"],
    doors: {
      accounts: ["statements/pass", "statements/set-limits"],
      turns: [
        "conversation",
        "gate",
        "history",
        "open-call",
        "open-hold",
        "open-turn",
        "raise-hold",
        "reopen-turn",
        "settle-turn",
        "sweep-turns",
        "void-turn",
      ].map((name) => `statements/${name}`),
      payments: [
        "grant-payment",
        "movement",
        "quarantine-payment",
        "resolve-payment",
        "restore-payment",
        "reversal-target",
        "reverse-payment",
      ].map((name) => `statements/${name}`),
    },
  },
  tools: { imports: ["models"], faces: ["file-texts", "octets", "offers", "toolbox"] },
  accounts: { imports: ["db", "audit", "ledger"], faces: ["api-key", "api-keys", "caller", "keyring", "limits", "people", "person"] },
  turns: {
    imports: ["config", "db", "audit", "accounts", "ledger", "pricing", "metering", "models", "tools"],
    faces: [
      "acting-for",
      "all-turns",
      "call",
      "call-terms",
      "context",
      "history",
      "hold-end",
      "hold-open",
      "hold-settle",
      "listed",
      "offered",
      "own-turn",
      "receipt",
      "run",
      "sessions",
      "door-key",
      "spent",
      "stream",
      "sweep",
      "usage-events",
    ],
  },
  payments: {
    imports: ["config", "db", "audit", "accounts", "ledger"],
    faces: [
      "asked-rarely",
      "cancel",
      "cash",
      "checkout",
      "events",
      "list",
      "own-top-ups",
      "receipt",
      "reconcile",
      "resolve",
      "reversals",
      "set-aside",
      "stripe",
      "taken-back",
      "upkeep",
    ],
  },
  files: {
    imports: ["config", "db", "audit", "accounts", "tools"],
    faces: ["own-files", "parse", "reading", "s3", "sending", "storage"],
  },
  reports: { imports: ["db"], faces: ["analytics", "csv", "export", "margin", "own-data", "own-summary", "refused", "summary", "totals"] },
  maintenance: { imports: ["db"], faces: ["erasure", "health-probe", "lost-revenue", "runs"] },
};
