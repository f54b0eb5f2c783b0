// Rows 57 to 80: tokens that the issuer never made, or made for somebody or something else. Each is tried on a read, on a turn and on an
// admin's route, and each gets the same 401.

import { createServer } from "node:http";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { expect } from "vitest";
import { givenSession } from "../../../support/given.ts";
import { givenKey, part, signedBy, type Json } from "../../../support/tokens.ts";
import { JSON_TYPE, ROOT_NAME, type AttackRequest, type Row } from "../row.ts";
import { CLAIMS } from "./claims.ts";
import { everywhere, lastLetter, mintOf, refused } from "./mint.ts";
import { asks, GET_WALLET, POST_TURN, sends } from "./requests.ts";

export const TOKENS: readonly Row[] = [
  {
    id: 57,
    what: "headers that carry no bearer token",
    requests: ({ world }) => {
      const { token } = mintOf(world);
      const bad: Record<string, string | undefined> = {
        "no header": undefined,
        "an empty one": "",
        "a scheme alone": "Bearer",
        blanks: "Bearer   ",
        "two tokens": `Bearer ${token()} ${token()}`,
        "two headers in one": `Bearer ${token()}, Bearer ${token()}`,
        Basic: `Basic ${token()}`,
        Token: `Token ${token()}`,
        "no scheme": token(),
        quoted: `Bearer "${token()}"`,
        "a tab": `Bearer\t${token()}`,
      };
      return [
        ...Object.entries(bad).flatMap(([what, header]) => everywhere(what, header)),
        asks(
          GET_WALLET,
          { status: 200 },
          { as: null, what: "the scheme's case does not count", headers: { Authorization: `bearer ${token()}` } },
        ),
      ];
    },
  },
  refused(58, "the algorithm none", ({ claims, token }) => ({
    none: `${part({ alg: "none" })}.${part(claims)}.`,
    None: `${part({ alg: "None" })}.${part(claims)}.`,
    "nOnE, signed": token({}, { alg: "nOnE" }),
    "two parts": `${part({ alg: "none" })}.${part(claims)}`,
    "an empty signature": token().replace(/[^.]+$/, ""),
  })),
  refused(59, "the public key as a shared secret", ({ world, mac }) => ({
    JSON: mac({}, "HS256", "sha256", JSON.stringify(world.issuer.jwks.keys[0])),
    "JSON as the tests know it": mac({}, "HS256", "sha256", JSON.stringify(world.issuerKey.jwk)),
    "its key id": mac({}, "HS256", "sha256", world.issuerKey.kid),
    "the whole set": mac({}, "HS256", "sha256", JSON.stringify(world.issuer.jwks)),
  })),
  refused(60, "HS384 and HS512 with the right secret", ({ mac }) => ({
    HS384: mac({}, "HS384", "sha384"),
    HS512: mac({}, "HS512", "sha512"),
    "HS256 that says HS384": mac({}, "HS384"),
    "HS256 with a wrong secret": mac({}, "HS256", "sha256", "another-secret-of-at-least-32-characters"),
    "HS256 with none": mac({}, "HS256", "sha256", ""),
  })),
  refused(61, "an algorithm that is missing, a list, or nearly right", ({ token }) => ({
    missing: token({}, { alg: undefined }),
    "a list": token({}, { alg: ["ES256"] }),
    "with a blank": token({}, { alg: "ES256 " }),
    lower: token({}, { alg: "es256" }),
    RS256: token({}, { alg: "RS256" }),
    HS256: token({}, { alg: "HS256" }),
    PS256: token({}, { alg: "PS256" }),
  })),
  refused(62, "signatures that are wrong, or right in another spelling", ({ world, claims, token }) => ({
    "another key": signedBy({ ...givenKey(world.issuerKey.kid) }, { alg: "ES256", kid: world.issuerKey.kid }, { ...claims }),
    "a changed payload": token().replace(/\.[^.]+\./, `.${part({ ...claims, sub: ROOT_NAME })}.`),
    "the same bits": lastLetter(token(), 1),
    "other bits": lastLetter(token(), 16),
    cut: token().slice(0, -4),
    padded: `${token()}==`,
    "a blank inside": token().replace(".", ". "),
    "standard base64": `${token().slice(0, -2)}+/`,
  })),
  ...CLAIMS,
  refused(73, "key ids that are paths, SQL, addresses, long or unknown", ({ token }) => ({
    path: token({}, { kid: "../../dev/null" }),
    SQL: token({}, { kid: "' UNION SELECT 1--" }),
    address: token({}, { kid: "http://127.0.0.1:9/jwks" }),
    "6 KB": token({}, { kid: "k".repeat(6_000) }),
    unknown: token({}, { kid: "unknown" }),
    prototype: token({}, { kid: "__proto__" }),
    number: token({}, { kid: 1 }),
  })),
  {
    id: 74,
    what: "tokens that bring their own keys: nobody is asked for them",
    story: async ({ send, world }) => {
      let asked = 0;
      const server = createServer((_request, response) => {
        asked += 1;
        response.end("{}");
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/jwks.json`;
      const { token, claims } = mintOf(world);
      const own = givenKey("mine");
      const bring = { jku: url, x5u: url, jwk: own.jwk as Json };
      for (const [name, value] of Object.entries(bring)) {
        const forged = signedBy(own, JSON.stringify({ alg: "ES256", kid: "mine", [name]: value }), { ...claims });
        for (const made of [forged, token({}, { [name]: value })])
          for (const request of everywhere(name, `Bearer ${made}`)) await send(request);
      }
      server.close();
      expect(asked).toBe(0);
    },
  },
  refused(75, "critical headers", ({ token }) => ({
    unknown: token({}, { crit: ["x"], x: 1 }),
    empty: token({}, { crit: [] }),
    b64: token({}, { crit: ["b64"], b64: false }),
  })),
  {
    id: 76,
    what: "a good token anywhere else",
    requests: ({ world }) => {
      const good = mintOf(world).token();
      const nobody = { as: null };
      return [
        asks(`${GET_WALLET}?access_token=${good}`, { status: 401 }, nobody),
        asks(`${GET_WALLET}?token=${good}`, { status: 401 }, nobody),
        asks(GET_WALLET, { status: 401 }, { ...nobody, headers: { Cookie: `access_token=${good}; sb-access-token=${good}` } }),
        asks(
          GET_WALLET,
          { status: 401 },
          { ...nobody, headers: { "X-Access-Token": good, "Proxy-Authorization": `Bearer ${good}`, apikey: good } },
        ),
        sends(POST_TURN, JSON.stringify({ message: "hi", access_token: good }), { status: 401 }, nobody),
      ];
    },
  },
  {
    id: 77,
    what: "tokens that are huge, or deep",
    requests: ({ world }) => {
      const { token, raw } = mintOf(world);
      const large = (size: number) => `Bearer ${token({ filler: "x".repeat(size) })}`;
      return [
        ...everywhere("9 KB", large(6_500)),
        ...everywhere("deep", `Bearer ${raw("deep", `${"[".repeat(3_000)}${"]".repeat(3_000)}`)}`),
        asks(GET_WALLET, { status: 431, bare: true }, { as: null, what: "100 KB", headers: { Authorization: large(75_000) } }),
      ];
    },
  },
  refused(78, "two, four and five parts", ({ claims, token }) => ({
    two: token().replace(/\.[^.]+$/, ""),
    four: `${token()}.`,
    five: `${token()}.${part("a")}.${part("b")}`,
    "an encrypted one": `${part({ alg: "dir", enc: "A256GCM" })}..${part("iv")}.${part({ ...claims })}.${part("tag")}`,
    one: "eyJhbGciOiJub25lIn0",
  })),
  {
    id: 79,
    what: "a good token of a suspended user",
    story: async ({ send, world }) => {
      const session = await givenSession(world, "sue");
      const turn = `POST /api/v1/sessions/${session}/turns`;
      await send(acting("suspend"));
      const calls = world.provider.calls();
      await send(sends(turn, '{"message":"hi"}', { status: 403, code: "account_suspended" }, { as: "sue" }));
      expect(world.provider.calls()).toBe(calls);
      await send(acting("reactivate"));
      await send(sends(turn, '{"message":"hi"}', { status: 201 }, { as: "sue" }));
    },
  },
  {
    id: 80,
    what: "how long a refusal takes says nothing of the signature: the words are the same, the times are reported",
    story: async ({ send, world, say, many }) => {
      const { token } = mintOf(world);
      const kinds = {
        "a wrong first octet": token().replace(/\.[^.]{4}([^.]+)$/, ".AAAA$1"),
        "a wrong last letter": lastLetter(token(), 16),
      };
      const texts = new Set<string>();
      for (const [name, made] of Object.entries(kinds)) {
        const times: number[] = [];
        for (let time = 0; time < many(300, 30); time += 1) {
          const began = performance.now();
          const headers = { ...JSON_TYPE, Authorization: `Bearer ${made}`, "X-Request-Id": "same" };
          texts.add((await send(asks(GET_WALLET, { status: 401 }, { as: null, headers }))).text);
          times.push(performance.now() - began);
        }
        say(`${name}: median ${times.toSorted((a, b) => a - b)[times.length >> 1]?.toFixed(2)} ms`);
      }
      expect(texts.size).toBe(1);
    },
  },
];

function acting(name: string): AttackRequest {
  return asks(`POST /api/v1/admin/users/sue/${name}`, { status: 200 }, { as: ROOT_NAME });
}
