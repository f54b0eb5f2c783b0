// Files of a session over HTTP: sent, announced and put into storage, listed, looked at, deleted; and what is refused.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { givenSession } from "../support/given.ts";
import { givenFile, readFile, sendFile, sendForm } from "../support/given-file.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const MOST = 200_000;
const USER_MOST = 500_000;

let world: TestWorld;
let session: string;

beforeAll(async () => {
  world = await testWorld({ environment: { FILE_MAX_BYTES: String(MOST), FILE_USER_MAX_BYTES: String(USER_MOST) } });
  session = await givenSession(world, "ada");
}, 60_000);
afterAll(() => world.end());

const files = (path = "", at = session) => `/api/v1/sessions/${at}/files${path}`;
const announce = (size: number, user = "ada", at = session) =>
  world.call("POST", files("", at), { user, body: { filename: "large.txt", size_bytes: size } });
const addressOf = async (id: string) => (await world.call("GET", files(`/${id}/upload`))).json;
const refusalOf = async (asked: Promise<Answer>) => {
  const { status, json } = await asked;
  return [status, json.errors];
};
const fault = (message: string) => [422, [{ path: "file", message }]];
const tried = async (address: string, init: RequestInit) => (await fetch(address, init)).status;
const usageOf = async (user: string) =>
  (await sql<{ files: number; bytes: string }>`select files, bytes from file_usage where user_id = ${user}`.execute(world.owner.query))
    .rows[0];

describe("a file that is sent", () => {
  it("is pending, then read, and its bytes are gone from storage", async () => {
    const sent = await sendFile(world, session, "name, age\nAda, 36\n", { filename: "people.csv" });
    expect(sent.status).toBe(201);
    expect(sent.json).toMatchObject({
      filename: "people.csv",
      mime_type: "text/csv",
      size_bytes: 18,
      parse_status: "pending",
      pages: null,
    });
    const read = await readFile(world, session, sent.json.id);
    expect(read).toMatchObject({ parse_status: "completed", pages: 1, text_octets: 19, text_preview: "name | age\nAda | 36" });
    expect(await world.storage.keys()).toEqual([]);
  });

  it("is listed with the others, newest first, page by page", async () => {
    const own = await givenSession(world, "ada");
    for (const text of ["one", "two", "three"]) await givenFile(world, own, text, { filename: `${text}.txt` });
    const first = await world.call("GET", files("?limit=2", own));
    const rest = await world.call("GET", files(`?limit=2&cursor=${first.json.next_cursor}`, own));
    const names = [...first.json.files, ...rest.json.files].map(({ filename }: { filename: string }) => filename);
    expect([names, first.json.total, rest.json.next_cursor]).toEqual([["three.txt", "two.txt", "one.txt"], 3, null]);
  });

  it("has the type of its content, whatever its name says", async () => {
    const svg = await givenFile(world, session, "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", { filename: "report.pdf" });
    expect([svg.mime_type, svg.parse_status]).toEqual(["text/plain", "completed"]);
    const json = await givenFile(world, session, '{"a": 1}', { filename: "x.md" });
    expect(json.mime_type).toBe("application/json");
  });

  it("keeps its name as a label, wherever it points", async () => {
    for (const filename of ["../../etc/passwd", "files/other", "a\u202egnp.exe", "<script>alert(1)</script>.txt"]) {
      const { id, ...read } = await givenFile(world, session, "a text", { filename });
      expect([read.filename, read.parse_status, id]).toEqual([filename, "completed", expect.any(String)]);
    }
  });

  it("is refused without a trace when it is none, too much, or unreadable", async () => {
    const before = await usageOf("ada");
    const two = new FormData();
    two.append("file", new Blob(["a"]), "a.txt");
    two.append("file", new Blob(["b"]), "b.txt");
    const text = new FormData();
    text.set("file", "just text");
    expect(await refusalOf(sendFile(world, session, "x", { field: "files" }))).toEqual(fault("must be the form's one field"));
    expect(await refusalOf(sendForm(world, session, two))).toEqual(fault("must be the form's one field"));
    expect(await refusalOf(sendForm(world, session, text))).toEqual(fault("must be a file"));
    expect(await refusalOf(sendFile(world, session, ""))).toEqual(fault("must not be empty"));
    expect((await sendFile(world, session, "x", { filename: "x".repeat(256) })).json.errors[0].path).toBe("filename");
    expect((await sendFile(world, session, new Uint8Array([0, 1, 2, 3]))).json.errors[0].message).toContain("is none of these");
    expect((await sendFile(world, session, Buffer.from("d0cf11e0a1b11ae1", "hex"))).json.errors[0].message).toContain("password");
    expect((await sendFile(world, session, "x".repeat(MOST + 1))).status).toBe(413);
    expect((await sendFile(world, session, "x".repeat(MOST + 70_000))).status).toBe(413);
    const headers = { "Content-Type": "multipart/form-data; boundary=x" };
    expect((await world.call("POST", files(), { raw: "no form", headers })).status).toBe(400);
    expect((await world.call("POST", files(), { raw: "x", headers: { "Content-Type": "text/plain" } })).status).toBe(415);
    expect(await usageOf("ada")).toEqual(before);
  });

  it("is nobody else's, and in no other session", async () => {
    const { id } = await givenFile(world, session, "mine");
    const other = await givenSession(world, "ada");
    const theirs = await givenSession(world, "bob");
    for (const [user, at] of [
      ["bob", session],
      ["bob", theirs],
      ["ada", other],
    ] as const) {
      expect((await world.call("GET", files(`/${id}`, at), { user })).status).toBe(404);
      expect((await world.call("GET", files(`/${id}/upload`, at), { user })).status).toBe(404);
      expect((await world.call("DELETE", files(`/${id}`, at), { user })).status).toBe(404);
    }
    expect((await sendFile(world, session, "x", { user: "bob" })).status).toBe(404);
    expect((await world.call("GET", files(), { user: "bob" })).status).toBe(404);
    expect((await sendFile(world, newId(), "x")).status).toBe(404);
  });

  it("is unknown when its session is deleted", async () => {
    const own = await givenSession(world, "ada");
    const { id } = await givenFile(world, own, "text");
    await world.call("DELETE", `/api/v1/sessions/${own}`);
    for (const path of ["", `/${id}`]) expect((await world.call("GET", files(path, own))).status).toBe(404);
  });
});

describe("a key", () => {
  it("makes one file of one request, sent twice, and another request is refused", async () => {
    const key = newId();
    const first = await sendFile(world, session, "once", { key });
    const again = await sendFile(world, session, "once", { key });
    expect([again.status, again.text, again.headers.get("idempotency-replayed")]).toEqual([201, first.text, "true"]);
    const other = await sendFile(world, session, "twice", { key });
    expect([other.status, other.json.code]).toEqual([422, "idempotency_key_reused"]);
  });

  it("brings the bytes again when the storage failed under it: one file, which is read", async () => {
    const key = newId();
    world.storage.failNext(500, 3);
    const failed = await sendFile(world, session, "at last", { key });
    expect([failed.status, failed.json.code]).toEqual([503, "storage_unavailable"]);
    const again = await sendFile(world, session, "at last", { key });
    expect((await readFile(world, session, again.json.id)).text_preview).toBe("at last");
  });

  it("that was not given leaves no file behind when the storage failed", async () => {
    const before = await usageOf("ada");
    world.storage.failNext(500, 3);
    expect((await sendFile(world, session, "never")).status).toBe(503);
    expect(await usageOf("ada")).toEqual(before);
  });
});

describe("a file that is announced", () => {
  it("is put at its address, and read", async () => {
    const announced = await announce(11);
    expect([announced.status, announced.json.mime_type]).toEqual([201, "application/octet-stream"]);
    const { method, url, headers } = await addressOf(announced.json.id);
    const put = await fetch(url, { method, headers, body: "hello world" });
    expect(put.status).toBe(200);
    expect(await readFile(world, session, announced.json.id)).toMatchObject({ mime_type: "text/plain", text_preview: "hello world" });
    expect((await world.call("GET", files(`/${announced.json.id}/upload`))).status).toBe(409);
  });

  it("is refused by its address with other bytes than were announced, by another method, and for another file", async () => {
    const [one, two] = [await announce(5), await announce(5)];
    const { url } = await addressOf(one.json.id);
    expect(await tried(url, { method: "PUT", body: "longer than five" })).toBe(403);
    expect(await tried(url, { method: "DELETE" })).toBe(403);
    expect(await tried(url.replace(one.json.id, two.json.id), { method: "PUT", body: "12345" })).toBe(403);
    expect(await world.storage.keys()).toEqual([]);
  });

  it("is given up when it never comes, and frees its room", async () => {
    const own = await givenSession(world, "late");
    const announced = await announce(MOST, "late", own);
    await sql`update uploaded_files set arrives_until = now() - interval '1 second' where id = ${announced.json.id}`.execute(
      world.owner.query,
    );
    const seen = await readFile(world, own, announced.json.id, "late");
    expect([seen.parse_status, seen.parse_error]).toEqual(["failed", "The file was announced, but never arrived."]);
    await givenFile(world, own, "next", { user: "late" });
    expect(await usageOf("late")).toEqual({ files: 2, bytes: "4" });
  });

  it("is refused above the size of one file", async () => {
    expect((await announce(MOST + 1)).status).toBe(413);
    for (const size of [0, -1, 1.5, "5"]) expect((await announce(size as number)).status).toBe(422);
  });
});

describe("a user's room", () => {
  it("is never exceeded, however many come at once", async () => {
    const own = await givenSession(world, "hoarder");
    const sent = await Promise.all(
      Array.from({ length: 8 }, () =>
        world.call("POST", files("", own), { user: "hoarder", body: { filename: "x", size_bytes: 100_000 } }),
      ),
    );
    expect(sent.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 201, 201, 201, 201, 413, 413, 413]);
    expect(await usageOf("hoarder")).toEqual({ files: 5, bytes: "500000" });
  });

  it("is freed by deleting, once", async () => {
    const own = await givenSession(world, "tidy");
    const { id } = await givenFile(world, own, "12345", { user: "tidy" });
    const deleted = await Promise.all([1, 2, 3].map(() => world.call("DELETE", files(`/${id}`, own), { user: "tidy" })));
    expect(deleted.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404, 404]);
    expect(await usageOf("tidy")).toEqual({ files: 0, bytes: "0" });
  });
});

describe("the files of a deleted session", () => {
  it("are forgotten with the next upload, and free their room", async () => {
    const [gone, own] = [await givenSession(world, "mover"), await givenSession(world, "mover")];
    const { id } = await givenFile(world, gone, "canary-left", { user: "mover", filename: "canary.txt" });
    await world.call("DELETE", `/api/v1/sessions/${gone}`, { user: "mover" });
    await Promise.all([1, 2, 3].map(() => sendFile(world, own, "123", { user: "mover" })));
    expect(await usageOf("mover")).toEqual({ files: 3, bytes: "9" });
    const { rows } = await sql<{ row: string }>`select uploaded_files::text as row from uploaded_files where id = ${id}`.execute(
      world.owner.query,
    );
    expect(rows[0]?.row).not.toMatch(/canary/);
  });
});

describe("a suspended person", () => {
  it("sends no file", async () => {
    const own = await givenSession(world, "sue");
    await sql`update users set suspended_at = now() where id = 'sue'`.execute(world.owner.query);
    expect((await sendFile(world, own, "x", { user: "sue" })).json.code).toBe("account_suspended");
  });
});

describe("a deleted file", () => {
  it("leaves nothing of its name and text, and its key answers as before", async () => {
    const { id } = await givenFile(world, session, "canary-text", { filename: "canary-name.txt" });
    const key = newId();
    const deleted = await world.call("DELETE", files(`/${id}`), { key });
    const again = await world.call("DELETE", files(`/${id}`), { key });
    expect([deleted.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([204, 204, "true"]);
    const { rows } = await sql<{ row: string }>`select uploaded_files::text as row from uploaded_files where id = ${id}`.execute(
      world.owner.query,
    );
    expect(rows[0]?.row).not.toMatch(/canary/);
  });
});
