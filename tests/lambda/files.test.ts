// Files under Lambda: the bundles that a deploy uploads take a file as the gateway brings it, and read it in a thread of the bundle's own.

import { afterAll, beforeAll, expect, it } from "vitest";
import { objectCreated } from "@pantheon/stand-ins/storage/storage.ts";
import { pdf, docx, xlsx } from "../support/documents.ts";
import { givenSession } from "../support/given.ts";
import { lambdaStage, type Lambda, type LambdaStage } from "../support/lambda-stage.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let stage: LambdaStage;
let files: Lambda;
let reader: Lambda;

beforeAll(async () => {
  world = await testWorld();
  world.storage.events.times = 0; // the bundle is called here, and not the world's own function
  stage = await lambdaStage(world);
  [files, reader] = [await stage.lambda("files"), await stage.lambda("file-parse")];
}, 120_000);
afterAll(async () => {
  await stage.end();
  await world.end();
});

it.each<[what: string, content: Uint8Array, preview: string]>([
  ["a CSV", Buffer.from("a, b\n1, 2\n"), "a | b\n1 | 2"],
  ["a PDF", pdf(["Hello"]), "[Page 1]\nHello"],
  ["a Word document", docx(["Hello"]), "Hello"],
  ["a workbook", xlsx("One", [["tea", 2]]), "[Sheet One]\ntea | 2"],
])("%s is sent, and read when its event comes, once however often it comes", async (_what, content, preview) => {
  const session = await givenSession(world, "ada");
  const form = new FormData();
  form.set("file", new Blob([Uint8Array.from(content)]), "a file");
  const request = new Response(form);
  const headers = { "content-type": request.headers.get("content-type") ?? "" };
  const raw = new Uint8Array(await request.arrayBuffer());
  const path = `/api/v1/sessions/${session}/files`;
  const sent = await files.call("POST", path, { raw, base64: true, headers });
  expect([sent.status, sent.json.parse_status]).toEqual([201, "pending"]);
  const event = objectCreated("any", `files/${sent.json.id}`, content.length);
  expect(await reader.invoke(event)).toMatchObject({ kind: "answered", payload: ["completed"] });
  expect(await reader.invoke(event)).toMatchObject({ kind: "answered", payload: ["not_found"] });
  const read = await files.call("GET", `${path}/${sent.json.id}`);
  expect([read.json.parse_status, read.json.text_preview]).toEqual(["completed", preview]);
});
