// The API as questions that are asked again: by pages that open, by lists that go on, by acts that change something.

import { useInfiniteQuery, useMutation, useQueryClient, type QueryKey } from "@tanstack/preact-query";
import { useRef } from "preact/hooks";
import { call, type Answer, type CallOptions, type Given, type Name } from "./client.ts";

/** A question for `useQuery`, known by its address and what it is given. */
export function ask<Of extends Name>(name: Of, given: Given<Of>) {
  return { queryKey: [name, given] as const, queryFn: ({ signal }: { signal: AbortSignal }) => call(name, given, { signal }) };
}

type ListAnswer = { readonly total: number; readonly next_cursor: string | null };
type ListName = { [Of in Name]: Answer<Of> extends ListAnswer ? Of : never }[Name];

export type ListOf<Row> = {
  readonly rows: readonly Row[];
  /** How many there are in all. */
  readonly total: number;
  readonly more: (() => void) | null;
  readonly isLoadingMore: boolean;
};

/** A list, page after page, newest first. `rowsOf` takes the rows out of an answer. */
export function useList<Of extends ListName, Row>(name: Of, given: Given<Of>, rowsOf: (answer: Answer<Of>) => readonly Row[], limit = 25) {
  const list = useInfiniteQuery({
    queryKey: [name, given, limit] as const,
    queryFn: ({ pageParam, signal }) => call(name, pageOf(given, limit, pageParam), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last: Answer<Of>) => (last as ListAnswer).next_cursor,
  });
  const pages = list.data?.pages;
  const first = pages?.[0] as ListAnswer | undefined;
  const data: ListOf<Row> | undefined =
    pages && first
      ? {
          rows: pages.flatMap(rowsOf),
          total: first.total,
          more: list.hasNextPage ? () => void list.fetchNextPage() : null,
          isLoadingMore: list.isFetchingNextPage,
        }
      : undefined;
  const { error, refetch, fetchStatus } = list;
  return { data, error, refetch, fetchStatus };
}

function pageOf<Of extends Name>(given: Given<Of>, limit: number, cursor: string | null): Given<Of> {
  const query = "query" in given && typeof given.query === "object" ? given.query : {};
  return { ...given, query: { ...query, limit, ...(cursor !== null && { cursor }) } };
}

type Sent<Of extends Name> = { readonly content: string; readonly key: string; readonly answer: Promise<Answer<Of>> | null };

/**
 * An act under a key of its own: the same content that is sent again, after an answer that was lost, does its thing once. While it is
 * sent a second click waits for the first one's answer, since what is told only once would be lost in a repetition. After it succeeded the
 * same content is a new act. `refreshes` are the questions whose answers it changes.
 */
export function useAct<Of extends Name>(
  name: Of,
  { refreshes, onDone }: { refreshes: readonly QueryKey[]; onDone?: (answer: Answer<Of>) => void },
) {
  const queries = useQueryClient();
  const last = useRef<Sent<Of>>(NOTHING_SENT);
  return useMutation({
    mutationFn: async ({ given, options = {} }: { given: Given<Of>; options?: CallOptions }) => {
      const content = JSON.stringify(given);
      if (content === last.current.content && last.current.answer !== null) return last.current.answer;
      const key = content === last.current.content ? last.current.key : crypto.randomUUID();
      last.current = { content, key, answer: call(name, given, { ...options, key }) };
      return last.current.answer;
    },
    onSuccess: async (answer) => {
      last.current = NOTHING_SENT;
      onDone?.(answer);
      await Promise.all(refreshes.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
    onError: () => {
      last.current = { ...last.current, answer: null };
    },
  });
}

const NOTHING_SENT = { content: "", key: "", answer: null };
