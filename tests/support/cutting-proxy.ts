// A TCP proxy in front of PostgreSQL that cuts a connection at the worst moments: before a statement reaches the server, or after
// the server has carried it out and before its reply is back.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export type CuttingProxy = {
  /** The database's address through the proxy. */
  readonly url: string;
  /**
   * Cuts the connection on which the statement of this name comes next: `times` times, once unless said otherwise. `first` is called
   * right before each cut: whoever kills the process there lets it see nothing of it.
   */
  cut(when: "before" | "after", statement: string, times?: number, first?: () => void): void;
  /** Holds the next statement of this name back until `action` is done; once. */
  holdBack(statement: string, action: () => Promise<void>): void;
  /** How often it cut. */
  cuts(): number;
  /** Refuses new connections and breaks those there are, until told otherwise. */
  away(isAway: boolean): void;
  close(): Promise<void>;
};

type Armed = { when: "before" | "after"; statement: string; left: number; first: () => void };
type State = { armed: Armed | null; held: { statement: string; action: () => Promise<void> } | null; cuts: number; away: boolean };

/** Listens on a free port. A statement is known by its prepared name: `settle_turn`, `open_turn`. */
export async function cuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const state: State = { armed: null, held: null, cuts: 0, away: false };
  const server = createServer((client) => {
    if (state.away) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    join(client, upstream, state);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(typeof address === "object" && address !== null ? address.port : 0);
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut: (when, statement, times = 1, first = () => {}) => void (state.armed = { when, statement, left: times, first }),
    holdBack: (statement, action) => void (state.held = { statement, action }),
    cuts: () => state.cuts,
    away: (isAway) => {
      state.away = isAway;
      if (isAway) breakAll();
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      breakAll();
      await closed;
    },
  };
}

/** ReadyForQuery, idle: the server has carried out, and committed, all it was sent. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

function join(client: Socket, upstream: Socket, state: State): void {
  let cutWhenReady = false;
  const cut = (): void => {
    state.armed?.first();
    client.destroy();
    upstream.destroy();
  };
  client.on("data", (data) => {
    const { armed } = state;
    if (armed !== null && armed.left > 0 && data.includes(armed.statement)) {
      armed.left -= 1;
      state.cuts += 1;
      if (armed.when === "before") return cut();
      cutWhenReady = true;
    }
    const { held } = state;
    if (held === null || !data.includes(held.statement)) return void upstream.write(data);
    state.held = null;
    client.pause();
    void held.action().finally(() => {
      upstream.write(data);
      client.resume();
    });
  });
  upstream.on("data", (data) => {
    if (!cutWhenReady) client.write(data);
    else if (data.subarray(-READY.length).equals(READY)) cut();
  });
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
}
