// Whether everything that should run does: functions, scheduled jobs, promises.

import type { JobRun } from "../api/shapes.ts";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";
import { Books } from "./books.tsx";
import { Builds, useHealth } from "./builds.tsx";

const ALL = 100;

export function HealthPage() {
  const [turns] = useHealth();
  return (
    <>
      <PageHead title="Health" note="Functions, scheduled jobs, and the promises of the ledger." />
      <div className="halves">
        <Builds />
        <Section title="Scheduled jobs" note="the last run of each, times are yours">
          {turns !== undefined && (
            <Asked of={turns}>
              {({ maintenance }) =>
                maintenance === undefined ? (
                  <Empty title="This stage does not say here when its jobs ran." />
                ) : maintenance.length === 0 ? (
                  <Empty title="No job has run yet." />
                ) : (
                  <Table caption="Scheduled jobs" columns={COLUMNS} rows={maintenance} keyOf={({ job }) => job} />
                )
              }
            </Asked>
          )}
        </Section>
      </div>
      <Books shown={ALL} />
    </>
  );
}

const COLUMNS: readonly Column<JobRun>[] = [
  { head: "Job", wide: true, cell: ({ job }) => job },
  { head: "Ended", cell: ({ finished_at: time }) => <Moment time={time} /> },
  { head: "Build", secondary: true, cell: ({ commit }) => commit.slice(0, 7) },
  { head: "Outcome", figure: true, cell: ({ outcome }) => <span className={outcome === "done" ? "done" : "fault-says"}>{outcome}</span> },
];
