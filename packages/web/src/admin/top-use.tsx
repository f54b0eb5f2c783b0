// Who used most, by person and model: the API's own rows, largest first.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import type { UserUsage } from "../api/shapes.ts";
import { count, Credits, usd, usdOf } from "../money/amount.tsx";
import { SaveCsv } from "../parts/save-csv.tsx";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";
import { PersonLink } from "./person-link.tsx";

const SHOWN = 10;

export function TopUse({ range: { from_date, to_date } }: { readonly range: { readonly from_date: string; readonly to_date: string } }) {
  const usage = useQuery(ask("GET /admin/analytics/usage", { query: { start_date: from_date, end_date: to_date, limit: SHOWN } }));
  return (
    <Section
      title="Who used most"
      note="by person and model"
      aside={
        <SaveCsv of="GET /admin/usage/export.csv" query={{ from: from_date, to: to_date }} name={`usage ${from_date} to ${to_date}.csv`} />
      }
    >
      <Asked of={usage} lines={6}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nobody ran a turn in these days." />
          ) : (
            <Table caption="Use by person and model" columns={COLUMNS} rows={rows} keyOf={(row) => `${row.user_id} ${row.model_alias}`} />
          )
        }
      </Asked>
    </Section>
  );
}

const COLUMNS: readonly Column<UserUsage>[] = [
  { head: "Person", wide: true, cell: ({ user_id: id }) => <PersonLink id={id} /> },
  { head: "Model", cell: ({ model_alias: model }) => model },
  { head: "Calls", figure: true, secondary: true, cell: (row) => count(row.event_count) },
  { head: "Tokens", figure: true, secondary: true, cell: (row) => count(row.total_input_tokens + row.total_output_tokens) },
  { head: "Credits", figure: true, cell: ({ total_credits_burned: credits }) => <Credits value={credits} /> },
  {
    head: "≈ USD",
    figure: true,
    secondary: true,
    cell: ({ total_credits_burned: credits }) => <span className="quiet">{usd(usdOf(credits))}</span>,
  },
];
