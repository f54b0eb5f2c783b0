// PostgreSQL's wire protocol from the client's side, as far as the proxy reads it (PostgreSQL documentation, section "Message Formats"):
// which bytes are one statement, and what it is called.

/** All messages of one statement up to its Sync, and the name by which it is known. */
export type Statement = {
  /** A prepared statement's name without its digest (`settle_turn`); `query` for a statement that has none. */
  readonly name: string;
  readonly bytes: Buffer;
};

const [SYNC, SIMPLE, BIND] = [0x53, 0x51, 0x42];
/** Parse, Bind, Describe, Execute, Close, Flush: parts of a statement. */
const PARTS = new Set([0x50, BIND, 0x44, 0x45, 0x43, 0x48]);
const HEADER = 5;

/** Takes a connection's bytes as they come; the startup message, passwords and goodbyes go to `other`. */
export function statementsOf(onStatement: (statement: Statement) => void, other: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let isStarted = false;
  let parts: Buffer[] = [];
  let name = NAMELESS;
  const take = (type: number | undefined, frame: Buffer): void => {
    if (type !== undefined && (PARTS.has(type) || type === SYNC)) {
      parts.push(frame);
      if (type === BIND) name = boundName(frame);
      if (type !== SYNC) return;
      onStatement({ name, bytes: Buffer.concat(parts) });
      parts = [];
      name = NAMELESS;
    } else if (type === SIMPLE) onStatement({ name: NAMELESS, bytes: frame });
    else other(frame);
  };
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const typed = isStarted ? 1 : 0; // only the startup message has no type
      if (pending.length < HEADER) return;
      const length = pending.readUInt32BE(typed) + typed;
      if (pending.length < length) return;
      take(isStarted ? pending[0] : undefined, pending.subarray(0, length));
      pending = pending.subarray(length);
      isStarted = true;
    }
  };
}

const NAMELESS = "query";
const DIGEST = /_[0-9a-f]{8}$/;

/** Bind: the portal's name, then the statement's, each ended by a zero. */
function boundName(bind: Buffer): string {
  const portalEnd = bind.indexOf(0, HEADER);
  const end = bind.indexOf(0, portalEnd + 1);
  const name = bind.toString("utf8", portalEnd + 1, end);
  return name === "" ? NAMELESS : nameOf(name);
}

/** A prepared statement's name without the digest of its text. */
export function nameOf(prepared: string): string {
  return prepared.replace(DIGEST, "");
}
