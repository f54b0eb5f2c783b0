// What a provider calls its answer and the model: said with every chunk by some, so it is passed on only when it is news.

import type { ReadEvent } from "./request.ts";
import { storableText } from "./storable-text.ts";

const MOST_NAME_OCTETS = 200; // names go into columns

/** Gives an event when a name is new. A null or empty name says nothing: Azure's first chunk has both empty. */
export function naming(): (requestId: string | null, model: string | null) => ReadEvent[] {
  let known: { requestId: string | null; model: string | null } = { requestId: null, model: null };
  return (requestId, model) => {
    const isNews = (requestId !== null && requestId !== known.requestId) || (model !== null && model !== known.model);
    if (!isNews) return [];
    known = { requestId: requestId ?? known.requestId, model: model ?? known.model };
    return [{ type: "named", requestId: storable(known.requestId), model: storable(known.model) }];
  };
}

function storable(name: string | null): string | null {
  return name === null ? null : storableText(name, MOST_NAME_OCTETS) || null;
}
