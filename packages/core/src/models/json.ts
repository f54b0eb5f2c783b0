// Reading JSON that nobody vouches for: each function takes a value of any kind and says null for what is not of the expected one.

export type Json = Readonly<Record<string, unknown>>;

/** The value a text holds; undefined when it is no JSON (which no JSON text says). */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

export function object(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that is not empty. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** A member of an object; undefined of what is none. */
export function member(value: unknown, name: string): unknown {
  return object(value)?.[name];
}

/** An HTTP status of an error, as a number or in digits. */
export function errorStatus(value: unknown): number | null {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}

/** A member of a details block. A block of another kind is passed on as it is, so that whoever reads the figure sees a fault. */
export function detail(block: unknown, name: string): unknown {
  return object(block) === null ? block : member(block, name);
}
