// WebSocket to TCP, the way Neon's proxy does it, so that Neon's driver runs unmodified against the local PostgreSQL.

import { once } from "node:events";
import { connect } from "node:net";
import { neonConfig } from "@neondatabase/serverless";
import { createWebSocketStream, WebSocketServer } from "ws";

export type WsBridge = {
  /** Where it listens, for a driver in another process. */
  readonly url: string;
  /** Connections that came through. */
  opened(): number;
  close(): Promise<void>;
};

/** Listens, and points every pool of Neon's driver in this process to this database. */
export async function wsBridge(databaseUrl: string): Promise<WsBridge> {
  const { hostname, port } = new URL(databaseUrl);
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  let opened = 0;
  server.on("connection", (socket) => {
    opened += 1;
    const client = createWebSocketStream(socket);
    const upstream = connect(Number(port), hostname);
    client.on("error", () => upstream.destroy()).pipe(upstream);
    upstream.on("error", () => client.destroy()).pipe(client);
  });
  await once(server, "listening");
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  neonConfig.wsProxy = () => `${host}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineConnect = false; // the local server wants SCRAM, where Neon's proxy takes the password at once
  return {
    url: `ws://${host}/v2`,
    opened: () => opened,
    close: async () => {
      const closed = once(server, "close");
      for (const socket of server.clients) socket.terminate();
      server.close();
      await closed;
    },
  };
}
