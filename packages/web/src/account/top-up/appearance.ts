// The pages' colours for Stripe's form, which stands in a frame of its own and sees none of our styles.

import type { Appearance } from "@stripe/stripe-js";

/** The colours as they are now. */
export function appearanceOf(): Appearance {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colour = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const variables = {
    colorPrimary: colour("--porphyry"),
    colorBackground: colour("--sheet"),
    colorText: colour("--ink"),
    colorTextSecondary: colour("--ink-2"),
    colorTextPlaceholder: colour("--ink-3"),
    colorDanger: colour("--bad"),
    borderRadius: "6px",
    fontSizeBase: "16px",
  };
  probe.remove();
  return { theme: isDark() ? "night" : "stripe", variables };
}

/** Tells of the colours whenever they change: by the system, or by the button of the frame. The answer ends it. */
export function onAppearance(tell: (appearance: Appearance) => void): () => void {
  const changed = () => tell(appearanceOf());
  const system = matchMedia(DARK);
  const chosen = new MutationObserver(changed);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", changed);
  return () => {
    chosen.disconnect();
    system.removeEventListener("change", changed);
  };
}

const DARK = "(prefers-color-scheme: dark)";

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia(DARK).matches : theme === "dark";
}
