// A TCP proxy in front of PostgreSQL that understands where a statement begins and ends, so that it can break a connection before the
// server sees one, or after the server has committed it and before its reply is back. What happens to which statement is decided outside.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { statementsOf, type Statement } from "./wire.ts";

/** What may happen to one statement on its way. */
export type Fault = "cut before the server" | "reply cut after commit" | "backend killed" | "delayed" | "black hole";

export type Verdict = { readonly fault: Fault; readonly delayMs: number };

/** A trap for one statement: `act` runs at that moment and the connection breaks. */
export type Trap = { readonly statement: string; readonly when: "sent" | "committed"; readonly act: () => void };

export type FaultProxy = {
  /** The database's address through the proxy. */
  readonly url: string;
  /** Connections that are open now, and that were ever opened. */
  links(): number;
  connects(): number;
  trap(trap: Trap | null): void;
  /** Breaks all connections; answers how many there were. */
  cutAll(): number;
  /** Refuses new connections and breaks those there are, until told otherwise. */
  away(isAway: boolean): void;
  /** Swallows all bytes of old and new connections until told otherwise; then those connections break. */
  hole(isHole: boolean): void;
  /** Waits so long before a new connection reaches the server. */
  slowConnect(ms: number): void;
  close(): Promise<void>;
};

export type FaultProxyOptions = {
  readonly databaseUrl: string;
  /** Asked for every statement, in the order of their arrival; null lets it pass. */
  readonly judge: (statement: string) => Verdict | null;
  /** Told when a fault has really happened. */
  readonly injected: (fault: Fault, statement: string) => void;
  /** Ends the server's process behind a connection. */
  readonly killBackend: (pid: number) => Promise<boolean>;
};

type State = FaultProxyOptions & {
  trap: Trap | null;
  away: boolean;
  hole: boolean;
  slowMs: number;
  connects: number;
  readonly links: Set<Link>;
};
type Link = { readonly client: Socket; readonly upstream: Socket; backend: number; swallowed: boolean };

/** Listens on a free port of 127.0.0.1. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = new URL(options.databaseUrl);
  const state: State = { ...options, trap: null, away: false, hole: false, slowMs: 0, connects: 0, links: new Set() };
  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    if (state.away) client.destroy();
    else void accept(state, client, target);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = new URL(options.databaseUrl);
  url.port = String(typeof address === "object" && address !== null ? address.port : 0);
  return {
    url: url.href,
    links: () => state.links.size,
    connects: () => state.connects,
    trap: (trap) => void (state.trap = trap),
    cutAll: () => cutAll(state),
    away: (isAway) => {
      state.away = isAway;
      if (isAway) cutAll(state);
    },
    hole: (isHole) => {
      state.hole = isHole;
      if (!isHole) cutAll(state);
    },
    slowConnect: (ms) => void (state.slowMs = ms),
    close: async () => {
      const closed = once(server, "close");
      server.close();
      cutAll(state);
      await closed;
    },
  };
}

function cutAll(state: State): number {
  const open = [...state.links];
  for (const link of open) cut(link);
  return open.length;
}

function cut({ client, upstream }: Link): void {
  client.destroy();
  upstream.destroy();
}

async function accept(state: State, client: Socket, target: URL): Promise<void> {
  state.connects += 1;
  if (state.slowMs > 0) await sleep(state.slowMs);
  if (client.destroyed) return;
  const upstream = connect(Number(target.port), target.hostname);
  for (const socket of [client, upstream]) socket.setNoDelay(true);
  const link: Link = { client, upstream, backend: 0, swallowed: false };
  state.links.add(link);
  for (const socket of [client, upstream]) {
    socket.on("error", () => cut(link));
    socket.on("close", () => {
      state.links.delete(link);
      cut(link);
    });
  }
  forward(state, link);
}

/** ReadyForQuery, idle: the server has carried out, and committed, all it was sent. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const ERROR_RESPONSE = 0x45;
const BACKEND_KEY_DATA = Buffer.from([0x4b, 0, 0, 0]);

function forward(state: State, link: Link): void {
  const { client, upstream } = link;
  /** Called with the server's whole reply instead of the client, once. */
  let kept: { parts: Buffer[]; done: (failed: boolean) => void } | null = null;
  const send = (bytes: Buffer): void => {
    if (!link.swallowed && !state.hole) upstream.write(bytes);
  };
  const whenReplied = (done: (failed: boolean) => void): void => void (kept = { parts: [], done });
  client.on(
    "data",
    statementsOf(
      (statement) => pass(state, link, statement, send, whenReplied),
      (bytes) => send(bytes),
    ),
  );
  upstream.on("data", (data: Buffer) => {
    if (link.backend === 0) link.backend = backendOf(data);
    if (link.swallowed || state.hole) return;
    if (kept === null) {
      client.write(data);
      return;
    }
    kept.parts.push(data);
    const reply = Buffer.concat(kept.parts);
    if (!reply.subarray(-READY.length).equals(READY)) return;
    kept.done(hasError(reply));
    cut(link);
  });
}

function pass(
  state: State,
  link: Link,
  statement: Statement,
  send: (bytes: Buffer) => void,
  whenReplied: (done: (failed: boolean) => void) => void,
): void {
  const { name, bytes } = statement;
  const { trap } = state;
  if (trap !== null && trap.statement === name) {
    state.trap = null;
    if (trap.when === "committed") {
      whenReplied(() => trap.act());
      return send(bytes);
    }
    trap.act();
    return cut(link);
  }
  const verdict = state.judge(name);
  if (verdict === null) return send(bytes);
  const happened = (): void => state.injected(verdict.fault, name);
  switch (verdict.fault) {
    case "cut before the server":
      happened();
      return cut(link);
    case "reply cut after commit":
      whenReplied((failed) => void (failed || happened()));
      return send(bytes);
    case "backend killed":
      send(bytes);
      return void state.killBackend(link.backend).then((killed) => killed && happened());
    case "delayed":
      happened();
      return void sleep(verdict.delayMs).then(() => send(bytes));
    case "black hole":
      happened();
      link.swallowed = true;
  }
}

/** True when one of the server's messages is an error: then nothing was committed. */
function hasError(reply: Buffer): boolean {
  for (let at = 0; at + 5 <= reply.length; at += 1 + reply.readUInt32BE(at + 1)) if (reply[at] === ERROR_RESPONSE) return true;
  return false;
}

/** The number of the server's process, which it tells while a connection begins; 0 when these bytes do not say it. */
function backendOf(data: Buffer): number {
  const place = data.indexOf(BACKEND_KEY_DATA);
  return place < 0 || place + 9 > data.length ? 0 : data.readInt32BE(place + 5);
}
