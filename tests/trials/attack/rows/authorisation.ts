// Rows 81 to 89: things of somebody else, claims to be somebody else, and routes that are not for everybody.

import { expect } from "vitest";
import { readConfig } from "@pantheon/core/config/config.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { Operation } from "../../../support/openapi-document.ts";
import { givenAdminContainer } from "../../../support/admin-container.ts";
import type { Answer } from "../../../support/world.ts";
import { JSON_TYPE, ROOT_NAME, type AttackRequest, type Row } from "../row.ts";
import { interleaved } from "./interleaved.ts";
import { asks, callerOf, pathOf, POST_SESSION, POST_TURN, sends } from "./requests.ts";

const BOBS = {
  session_id: "{bob.session}",
  turn_id: "{bob.turn}",
  transaction_id: "{bob.transaction}",
  file_id: "{bob.file}",
  top_up_id: "{bob.top_up}",
  proposal_id: "{bob.top_up}",
  key_id: "{bob.key}",
  hold_id: "{bob.hold}",
  user_id: "bob",
  model_alias: "default",
  version: "2026-02-20",
};
const isAdmins = ({ path }: Operation) => path.startsWith("/api/v1/admin");
const TURN_BODY = '{"message":"what did they say?"}';
/** What is sent to operations that take another body than a turn's. */
const BODIES: Readonly<Record<string, string>> = {
  "PATCH /api/v1/sessions/{session_id}": '{"title":"mine now"}',
  "POST /api/v1/sessions/{session_id}/files": '{"filename":"mine","size_bytes":1}',
  "PATCH /api/v1/users/me/keys/{key_id}": '{"name":"mine now"}',
  "POST /api/v1/users/me/keys/{key_id}/rotate": '{"overlap_seconds":60}',
  "POST /api/v1/holds/{hold_id}/settle": '{"credits":"0.1"}',
  "POST /api/v1/holds/{hold_id}/extend": '{"lease_seconds":60}',
};

/** This operation as `who`, with ids of somebody. */
function called(
  operation: Operation,
  ids: Readonly<Record<string, string>>,
  expected: AttackRequest["expect"],
  more: Partial<AttackRequest> = {},
): AttackRequest {
  const target = `${operation.method} ${pathOf(operation, ids)}`;
  const body = operation.takesBody ? { body: BODIES[operation.name] ?? TURN_BODY, headers: { ...JSON_TYPE, ...more.headers } } : {};
  return { target, expect: expected, ...more, ...body };
}

/** Members that admins or the product alone may see. */
const inside = /"(?:provider_cost\w*|margin\w*|request_hash|claim\w*|lease\w*|idempotency_key|stripe_attempt|pricing_revision)":/;
const nothingInside = ({ text }: Answer) => (inside.test(text) ? `an inner field is told: ${inside.exec(text)?.[0]}` : null);
/** Who asks for all that is kept of them is told the keys that they sent, too. */
const nothingButOwnKeys = ({ text, ...rest }: Answer) => nothingInside({ ...rest, text: text.replaceAll('"idempotency_key":', "") });

export const AUTHORISATION: readonly Row[] = [
  {
    id: 81,
    what: "every route with an id in it, with somebody else's: answered to the letter like an id that never was",
    story: async ({ operations, send, world }) => {
      const own = operations.filter((operation) => operation.path.includes("{") && !isAdmins(operation));
      expect(own.length).toBeGreaterThan(6);
      for (const operation of own) {
        const expected = { status: 404, code: "not_found" };
        const ask = (ids: Readonly<Record<string, string>>, headers = {}) =>
          send(called(operation, ids, expected, { headers: { "X-Request-Id": "same", ...headers } }));
        const unknown = await ask(Object.fromEntries(Object.keys(BOBS).map((name) => [name, newId()])));
        const others = {
          ...BOBS,
          session_id: "{bob.turn}",
          turn_id: "{bob.session}",
          transaction_id: "{bob.session}",
          top_up_id: "{bob.transaction}",
          key_id: "{bob.session}",
          hold_id: "{bob.turn}",
        };
        for (const foreign of [await ask(BOBS), await ask(BOBS, { "Idempotency-Key": "a-key-of-ada" }), await ask(others)]) {
          expect([operation.name, foreign.text, headersOf(foreign)]).toEqual([operation.name, unknown.text, headersOf(unknown)]);
        }
      }
      for (const operation of operations.filter((each) => each.path.includes("{") && isAdmins(each))) {
        const ask = (ids: Readonly<Record<string, string>>) =>
          send(called(operation, ids, { status: 403, code: "forbidden" }, { headers: { "X-Request-Id": "same" } }));
        expect((await ask(BOBS)).text).toBe((await ask({ user_id: "never-was", model_alias: "never", version: "never" })).text);
      }
      expect((await world.call("GET", `/api/v1/sessions/${world.things.bob.session}`, { user: "bob" })).status).toBe(200);
    },
  },
  {
    id: 82,
    what: "a turn in somebody else's session: nothing of it is in what the model is asked",
    story: async ({ send, world }) => {
      const calls = world.provider.calls();
      await send(sends("POST /api/v1/sessions/{bob.session}/turns", '{"message":"what did they say?"}', { status: 404 }));
      expect(world.provider.calls()).toBe(calls);
      await send(sends(POST_TURN, JSON.stringify({ message: `What stands in session ${world.things.bob.session}?` }), { status: 201 }));
      expect(JSON.stringify(world.provider.requests.at(-1))).not.toContain(world.canaries.text);
    },
  },
  {
    id: 83,
    what: "claims to be somebody else: in the query, in headers, in a body",
    requests: ({ operations }) => [
      ...operations
        .filter((operation) => operation.method === "GET" && operation.secured && !isAdmins(operation))
        .map((operation) => asks(`GET ${pathOf(operation)}?user_id=bob`, { status: 422, at: "user_id" })),
      ...["users/me/wallet", "users/me/usage", "users/me/transactions", "users/me/wallet/top-ups", "sessions", "auth/me"].map((path) =>
        asks(
          `GET /api/v1/${path}`,
          { status: 200, also: ({ text }) => (/bob/.test(text) ? "bob is told of" : null) },
          { headers: { "X-User-Id": "bob", "X-Forwarded-User": "bob", "X-Amzn-Oidc-Identity": "bob", Cookie: "user_id=bob" } },
        ),
      ),
      sends(POST_SESSION, '{"user_id":"bob"}', { status: 422, at: "user_id" }),
      sends(POST_SESSION, '{"started_by_user_id":"bob"}', { status: 422, at: "started_by_user_id" }),
      sends(POST_TURN, '{"message":"hi","user_id":"bob"}', { status: 422, at: "user_id" }),
    ],
  },
  {
    id: 84,
    what: "somebody else's idempotency key",
    story: async ({ send, world }) => {
      const keyed = { headers: { "Idempotency-Key": "bobs-key-84" } };
      const title = JSON.stringify({ title: world.canaries.text });
      const theirs = await send(sends(POST_SESSION, title, { status: 201 }, { ...keyed, as: "bob" }));
      const own = await send(sends(POST_SESSION, title, { status: 201 }, keyed));
      const other = await send(sends(POST_SESSION, '{"title":"mine"}', { status: 201 }, { ...keyed, as: "eve" }));
      expect([own.json.id === theirs.json.id, own.headers.get("idempotency-replayed")]).toEqual([false, null]);
      expect([other.json.title, other.headers.get("idempotency-replayed")]).toEqual(["mine", null]);
    },
  },
  {
    id: 85,
    what: "every admins' route as nobody, as a user, as somebody who was one; each refusal is in the log",
    story: async ({ operations, send, world }) => {
      const routes = operations.filter(isAdmins);
      const lines = await world.captured.during(async () => {
        for (const operation of routes) {
          await send(called(operation, BOBS, { status: 401, code: "unauthenticated" }, { as: null }));
          await send(called(operation, BOBS, { status: 403, code: "forbidden" }));
        }
      });
      expect(lines.filter((line) => line.includes('"code":"forbidden"') && line.includes('"user_id":"ada"'))).toHaveLength(routes.length);
      const today = givenAdminContainer(world, { adminUserIds: new Set(["second"]) });
      try {
        const seen = await Promise.all([ROOT_NAME, "second"].map((user) => today.call("GET", "/api/v1/admin/settings", { user })));
        expect(seen.map(({ status }) => status)).toEqual([403, 200]);
      } finally {
        await today.close();
      }
    },
  },
  {
    id: 86,
    what: "lists of admins that could let the wrong one in",
    story: async ({ world }) => {
      const environment = { DATABASE_URL: "postgres://x@127.0.0.1/x", AUTH_ISSUER: "https://issuer.example" };
      const opened: string[] = [];
      for (const list of ["", " ", ",", " , ,", "a, b", "abc", "A", "a*", "undefined,null"]) {
        const { adminUserIds } = readConfig({ ...environment, ADMIN_USER_IDS: list });
        const container = givenAdminContainer(world, { adminUserIds });
        try {
          for (const user of ["a", "b", " b", "ab", "abc", "A", "ada", "*", ","]) {
            const { status } = await container.call("GET", "/api/v1/admin/settings", { user });
            if (status !== 403) opened.push(`${JSON.stringify(list)} ${user} ${status}`);
          }
        } finally {
          await container.close();
        }
      }
      expect(opened).toEqual(['"a, b" a 200', '"a, b" b 200', '"abc" abc 200', '"A" A 200']);
    },
  },
  {
    id: 87,
    what: "an admin who grants to themselves: allowed, and in the audit under their name",
    story: async ({ send, world }) => {
      await send(
        sends(
          `POST /api/v1/admin/wallets/${ROOT_NAME}/grant`,
          '{"amount":"1.5","note":"to me","create":true}',
          { status: 200 },
          { as: ROOT_NAME },
        ),
      );
      const { json } = await world.call("GET", "/api/v1/admin/actions?limit=1", { user: ROOT_NAME });
      expect(json.actions[0]).toMatchObject({ admin_id: ROOT_NAME, action: "wallet.grant", target: ROOT_NAME });
      const { json: wallet } = await world.call("GET", `/api/v1/admin/wallets/${ROOT_NAME}`, { user: ROOT_NAME });
      expect(wallet.recent_transactions[0]).toMatchObject({ amount: "1.5", initiated_by: ROOT_NAME });
    },
  },
  {
    id: 88,
    what: "lists show a user's own rows and no inner figures; two users at once never see a word of each other",
    requests: ({ operations }) =>
      operations
        .filter((operation) => operation.method === "GET" && operation.secured && !isAdmins(operation))
        .map((operation) => {
          const also = operation.path === "/api/v1/users/me/data" ? nothingButOwnKeys : nothingInside;
          return asks(`GET ${pathOf(operation)}`, { status: 200, also });
        }),
    story: interleaved,
  },
  {
    id: 89,
    what: "every route with no token, as a user, as an admin; and routes that nobody made",
    requests: ({ operations }) => [
      ...operations
        .filter(({ method, path }) => method === "GET" && !path.startsWith("/api/v1/health"))
        .flatMap((operation) => {
          const target = `GET ${pathOf(operation)}`;
          const good = callerOf(operation);
          const all = [asks(target, { status: 401 }, { as: null }), asks(target, { status: 200 }, { as: good })];
          return good === ROOT_NAME ? all.concat(asks(target, { status: 403 })) : all;
        }),
      ...["/api/v1/health", "/api/v1/health/admin"].map((path) => asks(`GET ${path}`, { status: 200 }, { as: null })),
      ...[
        "/debug",
        "/metrics",
        "/.env",
        "/api/v1/debug",
        "/api/v1/admin/debug",
        "/api/v1/openapi.json",
        "/api/v1/internal",
        "/api/v1/users",
        "/api/v1/users/bob",
      ].flatMap((path) =>
        [ROOT_NAME, "ada"].map((as) => asks(`GET ${path}`, { status: path.includes("admin") ? [403, 404] : 404 }, { as })),
      ),
    ],
  },
];

/** All headers of an answer but those of the moment. */
function headersOf({ headers }: Answer): [string, string][] {
  return [...headers].filter(([name]) => name !== "date" && name !== "pantheon-request-id");
}
