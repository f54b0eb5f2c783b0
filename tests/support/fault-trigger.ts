// A table that refuses: a trigger that raises, put onto one table and taken off again.

import { sql } from "kysely";
import type { TestWorld } from "./world.ts";

type Place = Pick<TestWorld, "owner">;

/** Which write is refused: a table, what is done to it, and under what condition on `new` and `old`. */
export type RefusedWrite = { table: string; on: "insert" | "update"; when?: string };

/** From now on this write raises `sqlstate`: always, or (with `times`) so often. */
export async function givenRefusedWrite(
  { owner }: Place,
  write: RefusedWrite,
  { sqlstate = "P0001", times = 1_000_000 } = {},
): Promise<void> {
  const condition = write.when === undefined ? "" : `when (${write.when})`;
  await sql
    .raw(
      `create sequence refused_writes;
       create function refuse_write() returns trigger language plpgsql security definer as $$
       begin
         if nextval('refused_writes') <= ${times} then -- a sequence does not roll back, so it counts what was undone
           raise exception 'refused by the test' using errcode = '${sqlstate}';
         end if;
         return new;
       end $$;
       create trigger refuse_write before ${write.on} on ${write.table} for each row ${condition} execute function refuse_write();`,
    )
    .execute(owner.query);
}

export async function givenNoRefusedWrite({ owner }: Place): Promise<void> {
  await sql.raw("drop function if exists refuse_write() cascade; drop sequence if exists refused_writes;").execute(owner.query);
}
