// Rows 96, 115, 116 and 119: what a model may make the product do by its tools. The stand-in model calls what its user scripts, so these
// are calls as a model that was talked into them would make.

import { expect } from "vitest";
import type { Answer } from "../../../support/world.ts";
import { call, givenToolSession, steps } from "../../../support/tool-turn.ts";
import type { Attack, Row } from "../row.ts";

const INNER = [
  "http://169.254.169.254/",
  "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
  "http://localhost",
  "http://[::1]",
  "http://0.0.0.0",
  "http://2130706433",
  "http://0x7f.1",
  "http://①②⑦.0.0.1",
  "http://127.0.0.1.nip.io",
];
const SCHEMES = ["file:///proc/self/environ", "gopher://127.0.0.1:11211/_stats", "data:text/plain,leak", "ftp://127.0.0.1/"];

/** One turn of this user whose model makes these calls. */
async function asked({ world, look }: Attack, what: string, user: string, message: string): Promise<Answer> {
  const session = await givenToolSession(world, user);
  const answer = await world.call("POST", `/api/v1/sessions/${session}/turns`, { user, body: { message, max_output_tokens: 256 } });
  look(what, answer, { status: 201 });
  return answer;
}

/** Each address as a tool's argument: as a query it is searched for and never fetched, and in any other place it is no argument. */
async function fetchesNone(attack: Attack, user: string, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const lines = [
      call("search", { query: address }),
      call("search", { query: "q", url: address }),
      call("file_read", { file_id: address }),
      call("fetch", { url: address }),
    ];
    const searches = attack.world.search.requests.length;
    const { json } = await asked(attack, `a model that wants ${address}`, user, lines.join("\n"));
    expect(json.tool_calls.map(({ status }: { status: string }) => status)).toEqual(["success", "error", "error", "error"]);
    const sent = attack.world.search.requests.slice(searches);
    expect(sent.map(({ method, path, body }) => [method, path, JSON.parse(body).query])).toEqual([["POST", "/search", address]]);
  }
}

export const TOOLS: readonly Row[] = [
  {
    id: 96,
    what: "a loop of tool calls that never ends: eight steps, then an answer",
    story: async (attack) => {
      const endless = steps(...Array.from({ length: 20 }, () => call("search", { query: "again" })));
      const { json } = await asked(attack, "a model that asks for more and more", "hal", endless);
      expect([json.tool_calls.length, json.finish_reason]).toEqual([8, "stop"]);
    },
  },
  {
    id: 115,
    what: "addresses of inner hosts as arguments of tools: nothing of them is fetched",
    story: (attack) => fetchesNone(attack, "ida", INNER),
  },
  {
    id: 116,
    what: "schemes that are no web as arguments of tools: nothing of them is read",
    story: (attack) => fetchesNone(attack, "jan", SCHEMES),
  },
  {
    id: 119,
    what: "SQL, markup, a NUL, no JSON, a list, an unknown tool as what a model asks for: told to the model, and the turn goes on",
    story: async (attack) => {
      const lines = [
        call("search", { query: "'; drop table credit_wallets; --" }),
        call("search", { query: "<script>alert(1)</script>" }),
        call("search", { query: "nul \u0000 and half a pair \ud800" }),
        call("search", "{query: 1"),
        call("search", "[1, 2]"),
        call("search", { query: 7, __proto__: { query: "q" } }),
        call("grant", { user: "kim", amount: 1_000 }),
        call("file_read", { file_id: "1' or '1'='1" }),
      ];
      const { json } = await asked(attack, "a model that makes arguments up", "kim", lines.join("\n"));
      const states = json.tool_calls.map(({ status }: { status: string }) => status);
      expect(states).toEqual(["success", "success", "success", "error", "error", "error", "error", "error"]);
      const { json: told } = await attack.world.call("GET", "/api/v1/users/me/transactions", { user: "kim" });
      expect(told.transactions.filter(({ kind }: { kind: string }) => kind !== "debit")).toEqual([]);
    },
  },
];
