// Who holds a port of this machine, as far as the system tells: read from /proc on Linux, asked of lsof elsewhere.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The process that listens on the port as "node (process 4711)"; null where that cannot be known. */
export function holderOf(port: number): string | null {
  const pid = process.platform === "linux" ? pidByProc(port) : pidByLsof(port);
  if (pid === null) return null;
  const { status, stdout } = spawnSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" });
  const name = status === 0 && stdout.trim() !== "" ? stdout.trim() : (readIfThere(`/proc/${pid}/comm`)?.trim() ?? "");
  return name === "" ? `process ${pid}` : `${name} (process ${pid})`;
}

const LISTENING = "0A"; // the kernel's word for it

function pidByProc(port: number): number | null {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => readIfThere(file)?.split("\n") ?? []);
  const columns = rows.map((row) => row.trim().split(/\s+/)).find((row) => row[1]?.endsWith(`:${hex}`) && row[3] === LISTENING);
  const inode = columns?.[9];
  if (inode === undefined) return null;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const holder = pids.find((pid) => filesOf(pid).includes(`socket:[${inode}]`));
  return holder === undefined ? null : Number(holder);
}

/** What a process has open; nothing for one that is gone or another user's. */
function filesOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      } catch {
        return "";
      }
    });
  } catch {
    return [];
  }
}

function pidByLsof(port: number): number | null {
  const { status, stdout } = spawnSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"], { encoding: "utf8" });
  const pid = Number.parseInt(status === 0 ? stdout : "", 10);
  return pid > 0 ? pid : null;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
