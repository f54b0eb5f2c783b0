// How wide an element is, now and when that changes.

import { useEffect, useState } from "preact/hooks";

const BEFORE_IT_IS_KNOWN = 640;

export function useWidth(of: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(BEFORE_IT_IS_KNOWN);
  useEffect(() => {
    if (of.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(of.current);
    return () => observer.disconnect();
  }, [of]);
  return width;
}
