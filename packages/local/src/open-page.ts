// Opening an address in whatever browser this machine has.

import { spawn } from "node:child_process";

/** Asks the system to open it. Resolves to false where there is nothing that would; waits for no browser. */
export async function openPage(address: string): Promise<boolean> {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn(program, [address], { stdio: "ignore", detached: true });
  child.once("spawn", () => resolve(true)).once("error", () => resolve(false));
  child.unref();
  return promise;
}
