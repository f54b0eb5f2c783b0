// Guards of the connections to the database: what is asked again, what a broken one may do, what a container that slept throws away.

import type { Mutant } from "../mutant.ts";

const CORE = "packages/core/src";

export const CONNECTION_GUARDS: readonly Mutant[] = [
  {
    name: "repeated-read",
    guard: "Whatever is asked first on a connection that died is asked again, also when it changes something: it may be done twice.",
    patches: [
      { file: `${CORE}/db/connection.ts`, find: "const mayRepeat = isFirst && isRead(args[0]);", replace: "const mayRepeat = isFirst;" },
    ],
    test: {
      file: "tests/db/database-away.test.ts",
      name: "a read whose connection dies under it is asked again on a new one; what locks or changes is not",
    },
  },
  {
    name: "pool-error-listener",
    guard: "Nobody listens to the pool's errors: an idle connection that the server closes ends the process.",
    patches: [{ file: `${CORE}/db/driver.ts`, find: '  pool.on("error", note);\n', replace: "" }],
    test: { file: "tests/db/lost-connections.test.ts", name: "a connection that is closed while it is idle costs nothing" },
  },
  {
    name: "client-error-listener",
    guard: "Nobody listens to a borrowed connection's errors: one that breaks under a statement ends the process, and every turn in it.",
    patches: [{ file: `${CORE}/db/driver.ts`, find: '  pool.on("connect", (client) => client.on("error", note));\n', replace: "" }],
    test: {
      file: "tests/db/lost-connections.test.ts",
      name: "a connection that breaks under its statement is a refusal, and never a dead process",
    },
  },
  {
    name: "stale-pool",
    guard: "A container that slept goes on with its old connections, whose sockets may have died: the next turn waits for nothing.",
    patches: [{ file: `${CORE}/db/pool.ts`, find: "if (elapsed(options.clock, lastUsed) > STALE_AFTER_MS) replace();", replace: "" }],
    test: { file: "tests/db/lost-connections.test.ts", name: "a container that slept uses none of the connections of before" },
  },
];
