// The routes of a session's files: sent or announced, listed, looked at and deleted by their owner.

import type { Hono } from "hono";
import {
  FileCreate,
  FileForm,
  FilePath,
  FilesPath,
  FileUpload,
  SentFilename,
  SessionFile,
  SessionFileList,
  SessionFileRead,
} from "@pantheon/contract/files.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import { formFile, jsonUnlessForm } from "@pantheon/edge/input/form-file.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { noBody, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { requestKey, storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import type { FilesDeps } from "./deps.ts";

const FILES = "/api/v1/sessions/:session_id/files";
const FILE = `${FILES}/:file_id`;
const ownSession = params(FilesPath, "Session not found.");
const ownFile = params(FilePath, "File not found.");

const sending = () => import("@pantheon/core/files/sending.ts");
const reading = () => import("@pantheon/core/files/own-files.ts");

/** Mounts the routes. Every one of them wants an authenticated user. */
export function fileRoutes(app: Hono<AppEnv>, deps: FilesDeps): void {
  createRoute(app, deps);
  app.get(
    FILES,
    describe({
      id: "listFiles",
      summary: "A session's files, newest first",
      tag: "files",
      responds: [200, SessionFileList],
      refusals: { 404: "No such session of yours" },
    }),
    query(ListQuery),
    ownSession,
    async (c) => {
      const { fileView, listFiles } = await reading();
      const list = await listFiles(deps.db, c.var.caller.actor, c.req.valid("param").session_id);
      return c.var.respond(await listPage(c, c.req.valid("query"), "files", list, fileView));
    },
  );
  app.get(
    FILE,
    describe({
      id: "readFile",
      summary: "One file, with the beginning of its text",
      tag: "files",
      responds: [200, SessionFileRead],
      refusals: { 404: "No such file of yours" },
    }),
    noQuery,
    ownFile,
    async (c) => {
      const { readFile } = await reading();
      const { session_id: session, file_id: file } = c.req.valid("param");
      return c.var.respond(await readFile(deps.db, c.var.caller.actor, session, file));
    },
  );
  seldomRoutes(app, deps);
}

function createRoute(app: Hono<AppEnv>, deps: FilesDeps): void {
  app.post(
    FILES,
    describe({
      id: "createFile",
      summary: "Send a file, or announce one that is put into storage next",
      tag: "files",
      responds: [201, SessionFile],
      refusals: {
        403: "The account is suspended",
        404: "No such session of yours",
        413: "The file is too large, or there is no room for it among yours",
      },
    }),
    noQuery,
    idempotencyKey,
    ownSession,
    formFile(FileForm, SentFilename),
    jsonUnlessForm(FileCreate),
    async (c) => {
      const asking = { caller: c.var.caller, key: requestKey(c), session: c.req.valid("param").session_id };
      const { announceFile, sendFile } = await sending();
      const { sentFile } = c.var;
      if (sentFile !== null) return storedResponse(c, await sendFile(deps, asking, sentFile));
      const { filename, size_bytes: sizeBytes } = c.req.valid("json");
      return storedResponse(c, await announceFile(deps, asking, { filename, sizeBytes }));
    },
  );
}

function seldomRoutes(app: Hono<AppEnv>, deps: FilesDeps): void {
  app.get(
    `${FILE}/upload`,
    describe({
      id: "readFileUpload",
      summary: "Where an announced file is put, for a quarter of an hour",
      tag: "files",
      responds: [200, FileUpload],
      refusals: { 404: "No such file of yours", 409: "It has been read, or given up" },
    }),
    noQuery,
    ownFile,
    async (c) => {
      const { addressOfFile } = await sending();
      const { session_id: session, file_id: file } = c.req.valid("param");
      return c.var.respond(await addressOfFile(deps, c.var.caller.actor, session, file));
    },
  );
  app.delete(
    FILE,
    describe({
      id: "deleteFile",
      summary: "Delete a file with its text",
      tag: "files",
      responds: [204],
      refusals: { 404: "No such file of yours" },
    }),
    noQuery,
    idempotencyKey,
    ownFile,
    noBody,
    async (c) => {
      const { deleteFile } = await sending();
      const { session_id: session, file_id: file } = c.req.valid("param");
      return storedResponse(c, await deleteFile(deps, { caller: c.var.caller, key: requestKey(c), session }, file));
    },
  );
}
