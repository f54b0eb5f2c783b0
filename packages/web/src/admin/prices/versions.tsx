// Every pricing version, newest first.

import { Link } from "wouter-preact";
import { useList } from "../../api/ask.ts";
import type { VersionHead } from "../../api/shapes.ts";
import { shortDay } from "../../parts/days.ts";
import { Moment } from "../../parts/moment.tsx";
import { Section } from "../../parts/section.tsx";
import { Asked } from "../../parts/states.tsx";
import { More, Table, type Column } from "../../parts/table.tsx";

export function Versions() {
  const list = useList("GET /admin/pricing/versions", {}, ({ versions }) => versions, 10);
  return (
    <Section title="Versions" note="newest first">
      <Asked of={list}>
        {(data) => (
          <>
            <Table caption="Versions" columns={COLUMNS} rows={data.rows} keyOf={({ version }) => version} />
            <More list={data} />
          </>
        )}
      </Asked>
    </Section>
  );
}

/** The states of a version in words. */
export const STATES: Readonly<Record<VersionHead["state"], string>> = {
  active: "active",
  ready: "can be activated",
  upcoming: "its day has not come",
};

const COLUMNS: readonly Column<VersionHead>[] = [
  {
    head: "Version",
    wide: true,
    cell: ({ version, label }) => (
      <>
        <Link href={`/operator/prices/${encodeURIComponent(version)}`}>{version}</Link> <span className="quiet">{label}</span>
      </>
    ),
  },
  { head: "State", wide: true, cell: ({ state }) => <span className={state === "active" ? "done" : ""}>{STATES[state]}</span> },
  { head: "From (UTC)", cell: ({ effective_date: day }) => shortDay(day) },
  { head: "Made", secondary: true, cell: ({ created_at: time }) => <Moment time={time} /> },
];
