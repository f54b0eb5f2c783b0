// A model keeps its colour on every page: a stone for its family (what stands before the first hyphen), a tone for its place within.

const STONES = 6;
/** Per cent of paper that is mixed in. */
const TONES = [0, 46, 26, 62];

/** The colour of each of these names, as CSS. */
export function colourOf(names: readonly string[]): (name: string) => string {
  const order = [...new Set(names)].toSorted();
  const families = [...new Set(order.map(family))];
  return (name) => {
    const stone = `var(--stone-${(Math.max(0, families.indexOf(family(name))) % STONES) + 1})`;
    const place = order.filter((other) => family(other) === family(name)).indexOf(name);
    const tone = TONES[Math.max(0, place) % TONES.length] ?? 0;
    return tone === 0 ? stone : `color-mix(in oklab, ${stone}, var(--paper) ${tone}%)`;
  };
}

function family(name: string): string {
  return name.split("-")[0] ?? name;
}
