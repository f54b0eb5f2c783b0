// The tool `search`: asks Tavily over HTTPS, and gives the model titles, addresses and snippets. Nothing that a result names is ever
// fetched, and nothing of ours but the query leaves.

import * as v from "valibot";
import { storableText } from "../models/storable-text.ts";
import { fittedList, MOST_TOLD_OCTETS } from "./fitted.ts";
import { ToolError, type ToolSpec } from "./tool.ts";

/** Where the search provider is reached. Without a key the tool says so to the model. */
export type SearchPlace = { readonly apiKey: string | null; readonly baseUrl: string; readonly fetch?: typeof fetch };

/** One result, as the model is told it. */
export type SearchResult = { readonly title: string; readonly url: string; readonly snippet: string };

const MOST_RESULTS = 10;
const USUAL_RESULTS = 5;
const MOST_QUERY_CHARACTERS = 400;
const MOST_RESPONSE_OCTETS = 512 * 1_024;
const MOST_TITLE_OCTETS = 200;
const MOST_URL_OCTETS = 1_000;
const MOST_SNIPPET_OCTETS = 1_200;

const Arguments = v.strictObject({
  query: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MOST_QUERY_CHARACTERS)),
  max_results: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_RESULTS)), USUAL_RESULTS),
});

/** The tool over this place. Throws `ToolError` in words for the model; a provider's own words are never among them. */
export function search(place: SearchPlace): ToolSpec<typeof Arguments> {
  return {
    takes: Arguments,
    run: async ({ query, max_results: most }, { signal }) => {
      if (place.apiKey === null) throw new ToolError("Search is not configured here.");
      const found = await ask(place, place.apiKey, { query, max_results: most }, signal);
      return { query, results: fittedList(resultsOf(found).slice(0, most), MOST_TOLD_OCTETS) };
    },
  };
}

/** A redirect is not followed, since that would carry the key to another host. */
async function ask({ baseUrl, fetch: send = fetch }: SearchPlace, key: string, body: object, signal: AbortSignal): Promise<unknown> {
  const response = await send(`${baseUrl}/search`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ ...body, search_depth: "basic" }),
    redirect: "manual",
    signal,
  }).catch((error: unknown) => {
    throw signal.aborted ? error : new ToolError("The search provider could not be reached.");
  });
  if (!response.ok) {
    await response.body?.cancel().catch(() => {});
    throw new ToolError(response.status === 429 ? "The search provider is busy." : "The search provider refused the search.");
  }
  return parsed(await limitedText(response));
}

/** The body, at most so many octets: what is longer is no answer. */
async function limitedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, octets] = ["", 0];
  for await (const part of response.body ?? []) {
    octets += part.byteLength;
    if (octets > MOST_RESPONSE_OCTETS) throw new ToolError("The search provider's response was too large.");
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ToolError("The search provider's response could not be read.");
  }
}

const Found = v.object({ results: v.array(v.unknown()) });
const One = v.object({ title: v.nullish(v.string(), ""), url: v.string(), content: v.nullish(v.string(), "") });

/** What can be read of a response, each part bounded. An address that is not of the web is left out. */
function resultsOf(found: unknown): SearchResult[] {
  const read = v.safeParse(Found, found);
  if (!read.success) throw new ToolError("The search provider's response could not be read.");
  return read.output.results.flatMap((one) => {
    const result = v.safeParse(One, one);
    if (!result.success || !isOfTheWeb(result.output.url)) return [];
    const { title, url, content } = result.output;
    return [
      {
        title: storableText(title, MOST_TITLE_OCTETS),
        url: storableText(url, MOST_URL_OCTETS),
        snippet: storableText(content, MOST_SNIPPET_OCTETS),
      },
    ];
  });
}

function isOfTheWeb(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:");
}
