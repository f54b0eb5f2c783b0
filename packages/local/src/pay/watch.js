// Looks every second how the wallet stands and shows it, for a minute. Without it the page reloads itself.

const LOOKS = 60;
const watched = document.querySelector("[data-state]");
const [balance, worth, status, rows] = ["balance", "worth", "status", "rows"].map((name) => document.querySelector(`[data-${name}]`));

if (watched && balance && worth && status && rows) void watch(LOOKS);

async function watch(left) {
  try {
    const response = await fetch(watched.dataset.state, { headers: { Accept: "application/json" } });
    if (response.ok) show(await response.json());
  } catch {
    // The server is away; the next look may find it.
  }
  if (left > 1) setTimeout(() => void watch(left - 1), 1000);
}

function show(state) {
  setText(balance, state.balance);
  setText(worth, state.worth);
  setText(status, state.message);
  status.className = state.isGranted ? "good" : "";
  rows.replaceChildren(...state.rows.map(rowOf));
}

/** Only when it changes, since a reader of the screen says every change. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function rowOf({ at, what, amount, usd, balanceAfter }) {
  const row = document.createElement("tr");
  for (const [text, name] of [
    [at, ""],
    [what, ""],
    [amount, "number"],
    [usd, "number"],
    [balanceAfter, "number"],
  ]) {
    const cell = row.insertCell();
    cell.textContent = text;
    if (name !== "") cell.className = name;
  }
  return row;
}
