// Every row of one's ledger.

import { PageHead, Section } from "../parts/section.tsx";
import { Ledger } from "./ledger.tsx";

export function TransactionsPage() {
  return (
    <>
      <PageHead title="Transactions" note="Every credit that came or went, with the balance after it. Every row opens its receipt." />
      <Section title="The ledger" note="newest first, times are yours">
        <Ledger />
      </Section>
    </>
  );
}
