// Light or dark: the system's choice, until somebody makes their own.

import { useState } from "preact/hooks";

const KEY = "pantheon.theme";

/** Puts a choice that was made before in place; called before anything is drawn. */
export function applyTheme(): void {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
}

export function ThemeButton() {
  const [isDark, setDark] = useState(isDarkNow);
  const other = isDark ? "light" : "dark";
  return (
    <button
      type="button"
      className="shell-button"
      onClick={() => {
        localStorage.setItem(KEY, other);
        applyTheme();
        setDark(!isDark);
      }}
    >
      {isDark ? "Light" : "Dark"}
    </button>
  );
}

function isDarkNow(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}
