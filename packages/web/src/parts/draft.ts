// What somebody types is kept for this tab until it was sent: a sign-in that ends in the middle, or a reload, loses none of it.

import { useCallback, useState } from "preact/hooks";

/** A text that is kept under this name. Setting "" forgets it. Signing out forgets all. */
export function useDraft(name: string, initial = ""): readonly [string, (text: string) => void] {
  const key = keyOf(name);
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? initial);
  const change = useCallback(
    (next: string) => {
      if (next === "") sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, next);
      setText(next);
    },
    [key],
  );
  return [text, change];
}

/** What was typed under one name goes on under another. */
export function moveDraft(from: string, to: string): void {
  const text = sessionStorage.getItem(keyOf(from));
  sessionStorage.removeItem(keyOf(from));
  if (text !== null) sessionStorage.setItem(keyOf(to), text);
}

function keyOf(name: string): string {
  return `pantheon.draft.${name}`;
}
