// A file's event is delivered as clouds deliver: twice, late, side by side, for what is gone, and by functions that die. One text is kept,
// or one reason, and its bytes are gone.

import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { filesOfSession, readFilePage } from "@pantheon/core/files/reading.ts";
import { parseFile } from "@pantheon/core/files/parse.ts";
import { beginParse } from "@pantheon/core/files/statements/parse.ts";
import { storageKeyOf, type FileStorage } from "@pantheon/core/files/storage.ts";
import { parseEvent } from "@pantheon/functions/file-parse/parse-event.ts";
import { objectCreated } from "@pantheon/stand-ins/storage/storage.ts";
import { givenSession } from "../support/given.ts";
import { givenFile, readFile, sendFile } from "../support/given-file.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let session: string;

beforeAll(async () => {
  world = await testWorld();
  session = await givenSession(world, "ada");
}, 60_000);
afterAll(() => world.end());
afterEach(() => {
  world.storage.events.times = 1;
});

const storage = (): FileStorage => world.deps.storage ?? absent();
const deps = (more: Partial<FileStorage> = {}) => ({ ...world.deps, storage: { ...storage(), ...more }, maxBytes: 1_000 });
const delivered = (id: string) => parseEvent(world.deps, objectCreated("any", storageKeyOf(id), 1));

/** A file whose bytes have come, and whose event nobody has had yet. */
async function undelivered(content: string): Promise<string> {
  world.storage.events.times = 0;
  return (await sendFile(world, session, content)).json.id;
}

describe("an event", () => {
  it("that comes four times at once keeps one text", async () => {
    world.storage.events.times = 4;
    expect(await givenFile(world, session, "once")).toMatchObject({ parse_status: "completed", text_preview: "once" });
    expect(await world.storage.keys()).toEqual([]);
  });

  it("that comes again, and late, finds nothing to do", async () => {
    const { id } = await givenFile(world, session, "first");
    const before = await readFile(world, session, id);
    expect(await delivered(id)).toEqual(["not_found"]);
    expect(await readFile(world, session, id)).toEqual(before);
  });

  it("of no file, and of none of ours, ends without a fault", async () => {
    expect(await delivered(newId())).toEqual(["not_found"]);
    expect(await parseEvent(world.deps, objectCreated("any", "elsewhere/x", 1))).toEqual([]);
    await expect(parseEvent(world.deps, { Records: [{}] })).rejects.toThrow();
  });

  it("of a file that was deleted meanwhile removes its bytes", async () => {
    const id = await undelivered("forget me");
    await world.call("DELETE", `/api/v1/sessions/${session}/files/${id}`);
    await storage().put(storageKeyOf(id), Buffer.from("forget me")); // as a late upload would
    expect(await delivered(id)).toEqual(["not_found"]);
    expect(await world.storage.keys()).toEqual([]);
  });

  it("of a file that is deleted while it is read keeps nothing of it", async () => {
    const id = await undelivered("forget me too");
    const read: FileStorage["read"] = async (key, most) => {
      const bytes = await storage().read(key, most);
      await world.call("DELETE", `/api/v1/sessions/${session}/files/${id}`);
      return bytes;
    };
    expect(await parseFile(deps({ read }), storageKeyOf(id))).toBe("gone");
    const { rows } = await sql<{ row: string }>`select f::text as row from uploaded_files f where id = ${id}`.execute(world.owner.query);
    expect(rows[0]?.row).not.toContain("forget");
  });

  it("that finds the storage away is delivered again, and read then", async () => {
    const id = await undelivered("later");
    const away = deps({ read: () => Promise.reject(new Error("away")) });
    await expect(parseFile(away, storageKeyOf(id))).rejects.toThrow("away");
    expect(await delivered(id)).toEqual(["completed"]);
  });

  it("whose reader dies twice says the third time that the file cannot be read", async () => {
    const id = await undelivered("a killer");
    const late = sql`update uploaded_files set parse_until = now() - interval '1 second' where id = ${id}`;
    for (const attempt of [1, 2]) {
      const [begun] = await world.deps.db.run(beginParse, { storageKey: storageKeyOf(id), leaseMs: 60_000 }); // and nothing more
      expect(begun?.parse_attempts).toBe(attempt);
      await expect(delivered(id)).rejects.toThrow("somebody else reads the file");
      await late.execute(world.owner.query);
    }
    expect(await delivered(id)).toEqual(["failed"]);
    expect((await readFile(world, session, id)).parse_error).toBe("The file takes too much time or memory to be read.");
  });

  it("of more or other bytes than were announced says so, and reads none of them", async () => {
    const id = await undelivered("12345");
    await storage().put(storageKeyOf(id), Buffer.from("123456"));
    expect(await delivered(id)).toEqual(["failed"]);
    expect((await readFile(world, session, id)).parse_error).toBe("The file has another size than was announced.");
    const large = await undelivered("x".repeat(1_001));
    expect(await parseFile(deps(), storageKeyOf(large))).toBe("failed");
    expect((await readFile(world, session, large)).parse_error).toBe("The file has more than 1000 bytes.");
  });
});

describe("what a model may read", () => {
  it("are the files of its session, page by page, and why one cannot be read", async () => {
    const own = await givenSession(world, "ada");
    const inOwn = { session: own, actor: "ada" };
    const { id } = await givenFile(world, own, `${"x".repeat(9_999)}\n${"y".repeat(9_999)}`, { filename: "long.txt" });
    const db = world.deps.db;
    expect(await filesOfSession(db, inOwn)).toEqual([
      { id, filename: "long.txt", mimeType: "text/plain", sizeBytes: 19_999, status: "completed", pages: 2 },
    ]);
    const second = { status: "completed", filename: "long.txt", page: 2, pages: 2, text: "y".repeat(9_999), isTruncated: false };
    expect(await readFilePage(db, inOwn, id, 2)).toEqual(second);
    for (const page of [0, -1, 3, 1.5, 1e12]) expect(await readFilePage(db, inOwn, id, page)).toEqual({ status: "no_such_page", pages: 2 });
    const announced = await world.call("POST", `/api/v1/sessions/${own}/files`, { body: { filename: "x", size_bytes: 1 } });
    expect(await readFilePage(db, inOwn, announced.json.id)).toEqual({ status: "pending" });
    const failed = await givenFile(world, own, " ");
    expect(await readFilePage(db, inOwn, failed.id)).toEqual({ status: "failed", error: "No text was found in it." });
  });

  it("are no files of another session, of somebody else, or of an id that is none", async () => {
    const other = await givenSession(world, "ada");
    const { id } = await givenFile(world, session, "mine");
    const db = world.deps.db;
    for (const who of [
      { session: other, actor: "ada" },
      { session, actor: "bob" },
    ]) {
      expect(await readFilePage(db, who, id)).toEqual({ status: "not_found" });
      expect((await filesOfSession(db, who)).map((file) => file.id)).not.toContain(id);
    }
    for (const none of [newId(), "../etc", "'; drop table uploaded_files"]) {
      expect(await readFilePage(db, { session, actor: "ada" }, none)).toEqual({ status: "not_found" });
    }
  });
});

function absent(): never {
  throw new Error("the world has no storage");
}
