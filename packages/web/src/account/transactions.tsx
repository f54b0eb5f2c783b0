// Every row of one's ledger, of some days or of all, also as a file.

import { FilterForm } from "../parts/filter-form.tsx";
import { Day, filledIn, useFilters } from "../parts/filters.ts";
import { SaveCsv } from "../parts/save-csv.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Ledger } from "./ledger.tsx";

const FIELDS = [
  ["from", "From (UTC)", "date"],
  ["to", "To (UTC)", "date"],
] as const;

export function TransactionsPage() {
  const [days, change] = useFilters({ from: Day, to: Day });
  const query = filledIn(days);
  const name = ["transactions", ...Object.entries(query).flat()].join(" ");
  return (
    <>
      <PageHead title="Transactions" note="Every credit that came or went, with the balance after it. Every row opens its receipt." />
      <FilterForm key={JSON.stringify(days)} fields={FIELDS} before={days} onFilter={change} />
      <Section
        title="The ledger"
        note="newest first, times are yours"
        aside={<SaveCsv of="GET /users/me/transactions/export.csv" query={query} name={`${name}.csv`} />}
      >
        <Ledger days={query} />
      </Section>
    </>
  );
}
