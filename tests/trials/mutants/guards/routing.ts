// Guards of routed turns: nobody is named whom the hold does not cover or the caller may not use, nobody pays for the choice, and none fails a turn.

import type { Mutant } from "../mutant.ts";

const ROUTING = "packages/core/src/turns/routing.ts";
const CONVERSATION = "packages/core/src/ledger/statements/conversation.ts";
const TESTS = "tests/turns/turn-auto.test.ts";
const NOBODY =
  "nobody whose window is too small, who cannot use the session's tools, whose provider has no key, or whom the caller's key may not use";

export const ROUTING_GUARDS: readonly Mutant[] = [
  {
    name: "routing-hold",
    guard: "A routed turn holds for the session's own alias: one that is routed to a dearer one costs more than its hold.",
    patches: [
      { file: CONVERSATION, find: "unnest(array_append(session.candidates, session.alias))", replace: "unnest(array[session.alias])" },
    ],
    test: { file: TESTS, name: "and the hold is that of the dearest that could have been, before anybody was asked" },
  },
  {
    name: "routing-dearer",
    guard: "Whoever chooses may name an alias that is dearer than what is held.",
    patches: [{ file: ROUTING, find: "!multiplier.gt(choice.dearest) &&", replace: "" }],
    test: { file: TESTS, name: "without a list: whoever is no dearer than the session's own alias, the cheapest first after it" },
  },
  {
    name: "routing-key",
    guard: "A key that may use some aliases is answered by any.",
    patches: [{ file: ROUTING, find: "(choice.keyModels === null || choice.keyModels.includes(alias)) &&", replace: "" }],
    test: { file: TESTS, name: NOBODY },
  },
  {
    name: "routing-able",
    guard: "A turn is routed to a model that has no room for it.",
    patches: [{ file: ROUTING, find: "model.contextWindow >= tokens &&", replace: "" }],
    test: { file: TESTS, name: NOBODY },
  },
  {
    name: "routing-price",
    guard: "A routed turn is charged at the price of the alias that it was asked with.",
    patches: [{ file: ROUTING, find: "turn: { ...opened, alias, multiplier, routed", replace: "turn: { ...opened, alias, routed" }],
    test: {
      file: TESTS,
      name: "%s, and is paid at its own price, to the last decimal",
      row: "cheap, and is paid at its own price, to the last decimal",
    },
  },
  {
    name: "routing-named",
    guard: "A name that may not be named is as good as any: the first candidate answers, and nobody is told.",
    patches: [
      {
        file: ROUTING,
        find: "candidates.find((candidate) => candidate.alias === nameIn(answer.text))",
        replace: "(candidates.find((candidate) => candidate.alias === nameIn(answer.text)) ?? candidates[0])",
      },
    ],
    test: { file: TESTS, name: "when the routing call answers with %s", row: "when the routing call answers with nobody's name" },
  },
  {
    name: "routing-fallback",
    guard: "A choice that fails fails its turn.",
    patches: [
      { file: ROUTING, find: "return { turn: { ...opened, routed: { from, usedFallback: true } }, spent };", replace: "throw error;" },
    ],
    test: { file: TESTS, name: "when the routing call answers with %s", row: "when the routing call answers with a refusal" },
  },
  {
    name: "routing-cost",
    guard: "What a choice cost is forgotten where nothing is summarised.",
    patches: [{ file: "packages/core/src/turns/converse.ts", find: "memory: { ...NO_MEMORY, ...spent }", replace: "memory: NO_MEMORY" }],
    test: { file: TESTS, name: "an answer that fails after the choice is void, and the house keeps what the choice cost" },
  },
];
