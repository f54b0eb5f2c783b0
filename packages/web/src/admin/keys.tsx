// Everybody's API keys, or one person's.

import * as v from "valibot";
import { FilterForm } from "../parts/filter-form.tsx";
import { useFilters } from "../parts/filters.ts";
import { PageHead, Section } from "../parts/section.tsx";
import { KeyTable } from "./key-table.tsx";

const Id = v.fallback(v.pipe(v.string(), v.maxLength(255)), "");

export function AdminKeysPage() {
  const [{ user_id: user }, change] = useFilters({ user_id: Id });
  return (
    <>
      <PageHead title="API keys" note="By which programs act for people. A key's text is known to its owner alone." />
      <FilterForm key={user} fields={[["user_id", "User id"]]} before={{ user_id: user }} onFilter={change} />
      <Section title={user === "" ? "Everybody's keys" : `Keys of ${user}`} note="newest first">
        <KeyTable user={user} />
      </Section>
    </>
  );
}
