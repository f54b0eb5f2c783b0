// What one used: by day and model, and every model call with its tokens by class and what it was charged.

import { useList } from "../api/ask.ts";
import type { UsageEvent } from "../api/shapes.ts";
import { count, Credits } from "../money/amount.tsx";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { UsageChart } from "./usage-chart.tsx";

export function UsagePage() {
  const list = useList("GET /users/me/usage", {}, ({ events }) => events);
  return (
    <>
      <PageHead title="Usage" note="What your turns used and were charged, by day, by model and by call." />
      <UsageChart />
      <Section title="Calls" note={list.data ? `${count(list.data.total)} in all, times are yours` : "times are yours"}>
        <Asked of={list} lines={8}>
          {(data) =>
            data.rows.length === 0 ? (
              <Empty title="No calls yet.">They come with the first turn.</Empty>
            ) : (
              <>
                <Table caption="Model calls" columns={COLUMNS} rows={data.rows} keyOf={({ id }) => id} />
                <More list={data} />
              </>
            )
          }
        </Asked>
      </Section>
    </>
  );
}

const COLUMNS: readonly Column<UsageEvent>[] = [
  { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
  {
    head: "Model",
    wide: true,
    cell: ({ model_alias: alias, usage_source: source }) => (
      <>
        {alias}
        {source === "estimated" && <span className="quiet"> · estimated</span>}
      </>
    ),
  },
  {
    head: "API key",
    wide: true,
    secondary: true,
    cell: ({ api_key_name: name }) => (name === null ? <span className="quiet">·</span> : name),
  },
  { head: "Fresh", figure: true, secondary: true, cell: (call) => count(call.input_tokens_fresh) },
  { head: "Cached", figure: true, secondary: true, cell: (call) => count(call.input_tokens_cached) },
  { head: "Output", figure: true, secondary: true, cell: (call) => count(call.output_tokens) },
  { head: "Multiplier", figure: true, secondary: true, cell: ({ multiplier }) => `× ${multiplier}` },
  { head: "Credits", figure: true, decimal: true, cell: ({ credits_charged: credits }) => <Credits value={credits} aligned /> },
];
