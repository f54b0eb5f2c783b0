// Whether every function is the build that was meant to be live, and this app with them.

import { useQueries, useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import { HEALTH_OF } from "./functions.ts";
import { Section } from "../parts/section.tsx";
import { site } from "../session/site.ts";

const LOOK_MS = 30_000;

/** The health of each function, looked at again while the page is open. */
export function useHealth() {
  return useQueries({
    queries: HEALTH_OF.map((name) => ({ ...ask("GET /health/{name}", { path: { name } }), refetchInterval: LOOK_MS, retry: false })),
  });
}

export function Builds() {
  const health = useHealth();
  const isUntold = health.some(({ data }) => data !== undefined && data.commit === undefined);
  const commits = new Set([site().commit, ...health.flatMap(({ data }) => (data?.commit === undefined ? [] : [data.commit]))]);
  return (
    <Section
      title="What is live"
      note={
        isUntold ? "this stage does not say its builds here" : commits.size === 1 ? "all functions are one build" : "not all are one build"
      }
    >
      <div className="table-frame" tabIndex={0} role="region" aria-label="Functions and their builds, a table">
        <table className="table">
          <caption className="hidden">Functions and their builds</caption>
          <thead>
            <tr>
              <th scope="col">Function</th>
              <th scope="col">Build</th>
              <th scope="col" className="table-secondary">
                Database
              </th>
              <th scope="col" className="table-figure">
                State
              </th>
            </tr>
          </thead>
          <tbody>
            {HEALTH_OF.map((name, index) => (
              <Row key={name} name={name} health={health[index]} />
            ))}
            <tr>
              <th scope="row">these pages</th>
              <td>{site().commit.slice(0, 7)}</td>
              <td className="table-secondary" />
              <td className="table-figure" />
            </tr>
          </tbody>
        </table>
      </div>
    </Section>
  );
}

type OneHealth = ReturnType<typeof useQuery<{ status: string; commit?: string; migration_head?: string }>>;

function Row({ name, health }: { readonly name: string; readonly health: Pick<OneHealth, "data" | "isError"> | undefined }) {
  const data = health?.data;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{data?.commit?.slice(0, 7) ?? <span className="quiet">·</span>}</td>
      <td className="table-secondary quiet">{data?.migration_head?.slice(0, 13).replace("_", " ") ?? "·"}</td>
      <td className={`table-figure ${data?.status === "ok" ? "done" : health?.isError === true ? "fault-says" : "quiet"}`}>
        {health?.isError === true ? "no answer" : (data?.status ?? "asking")}
      </td>
    </tr>
  );
}
