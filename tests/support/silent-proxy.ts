// A way to PostgreSQL that can fall silent: connections stay open and are taken, but nothing passes any more, as behind a dead router.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export type SilentProxy = {
  /** The database's address through the proxy. */
  readonly url: string;
  /** From now on nothing passes on any connection there is; unless `newOnesToo`, a new connection works. */
  fallSilent(newOnesToo: boolean): void;
  speakAgain(): void;
  close(): Promise<void>;
};

export async function silentProxy(databaseUrl: string): Promise<SilentProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const silenced = new WeakSet<Socket>();
  let takesNoOne = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    if (takesNoOne) silenced.add(client);
    client.on("data", (data) => void (silenced.has(client) || upstream.write(data)));
    upstream.on("data", (data) => void (silenced.has(client) || client.write(data)));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(typeof address === "object" && address !== null ? address.port : 0);
  return {
    url: url.href,
    fallSilent: (newOnesToo) => {
      takesNoOne = newOnesToo;
      for (const socket of sockets) silenced.add(socket);
    },
    speakAgain: () => void (takesNoOne = false),
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
