// Named prepared statements: SQL with named slots, compiled once when the module loads. A statement is written as SQL, so that
// whoever audits the money path reads what the database runs; only its text, its name and its values leave this file.

import { createHash } from "node:crypto";
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql, type RawBuilder } from "kysely";

/** A statement that the server plans once per connection. `name` carries a digest of the text, so two builds never share a plan. */
export type Prepared<Input extends object, Row> = {
  readonly name: string;
  readonly text: string;
  values(input: Input): unknown[];
  /** Never set: carries the row's type. */
  readonly row?: Row;
};

/** A slot a name: `${slot.user}::text`. Every use must be cast, since a bare parameter in a CTE has no type of its own. */
export type Slots<Input> = { readonly [Name in keyof Input]-?: RawBuilder<unknown> };

/**
 * Compiles `build`'s SQL. Lines that are comments stay in the source: the server gets none, and another comment is no other statement.
 * Throws when a slot is used without a cast.
 */
export function prepared<Input extends object, Row>(name: string, build: (slots: Slots<Input>) => RawBuilder<Row>): Prepared<Input, Row> {
  const compiled = build(slots<Input>()).compile(compiler);
  const slotOf = compiled.parameters.map((parameter) => (parameter instanceof Slot ? (parameter.name as keyof Input) : fixed(name)));
  const bare = compiled.sql.replaceAll(COMMENT_LINE, "");
  const uncast = /\$[0-9]+(?!::|[0-9])/.exec(bare);
  if (uncast) throw new Error(`statement ${name}: parameter ${uncast[0]} has no cast`);
  const order: (keyof Input)[] = []; // a slot that is used twice is one parameter
  const text = bare.replaceAll(/\$([0-9]+)/g, (_all, position) => {
    const slot = slotOf[Number(position) - 1] ?? fixed(name);
    if (!order.includes(slot)) order.push(slot);
    return `$${order.indexOf(slot) + 1}`;
  });
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return { name: `${name}_${digest}`, text, values: (input) => order.map((slot) => input[slot] ?? null) };
}

/** A line that is nothing but a comment, with its end. */
const COMMENT_LINE = /^[^\S\n]*--[^\n]*(?:\n|$)/gm;

class Slot {
  readonly name: string | symbol;
  constructor(name: string | symbol) {
    this.name = name;
  }
}

function slots<Input>(): Slots<Input> {
  return new Proxy({} as Slots<Input>, { get: (_target, name) => sql`${new Slot(name)}` });
}

function fixed(name: string): never {
  throw new Error(`statement ${name}: a value was put into the text; name a slot for it`);
}

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
