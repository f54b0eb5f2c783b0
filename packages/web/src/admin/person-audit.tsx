// What admins did to a person, newest first.

import { Link } from "wouter-preact";
import { useList } from "../api/ask.ts";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { ActionTable } from "./action-table.tsx";

const SHOWN = 10;

export function PersonAudit({ id }: { readonly id: string }) {
  const list = useList("GET /admin/actions", { query: { user_id: id } }, ({ actions }) => actions, SHOWN);
  const reads = `/operator/audit?${new URLSearchParams({ show: "reads", user_id: id }).toString()}`;
  return (
    <Section title="Audit" note="times are yours" aside={<Link href={reads}>Who read of them</Link>}>
      <Asked of={list}>
        {(data) => (data.rows.length === 0 ? <Empty title="No operator has done anything here yet." /> : <ActionTable list={data} />)}
      </Asked>
    </Section>
  );
}
