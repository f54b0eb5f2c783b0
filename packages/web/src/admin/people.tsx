// Finding a person: by how their id or e-mail address begins, or by what stands out about them.

import * as v from "valibot";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useList } from "../api/ask.ts";
import type { Person } from "../api/shapes.ts";
import { count, Credits } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { lastDays, rangeOf } from "../parts/days.ts";
import { Field } from "../parts/field.tsx";
import { useFilters } from "../parts/filters.ts";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { personPath, PersonLink } from "./person-link.tsx";
import { TopUse } from "./top-use.tsx";

const DAYS = 30;

const STATES = [
  ["all", "All"],
  ["low", "Low"],
  ["negative", "Below zero"],
  ["suspended", "Suspended"],
] as const;
const ORDERS = [
  ["newest", "Newest"],
  ["balance", "Balance"],
  ["last_turn", "Last turn"],
] as const;

const FILTERS = {
  query: v.fallback(v.pipe(v.string(), v.maxLength(320)), ""),
  state: v.fallback(v.picklist(STATES.map(([state]) => state)), "all"),
  order: v.fallback(v.picklist(ORDERS.map(([order]) => order)), "newest"),
};

export function PeoplePage() {
  const [{ query, state, order }, change] = useFilters(FILTERS);
  const given = { query: { ...(query !== "" && { query }), state, order } };
  const list = useList("GET /admin/users", given, ({ users }) => users);
  return (
    <>
      <PageHead title="People" note="Everybody who was here, with their wallets." />
      <Search key={query} before={query} onSearch={(text) => change({ query: text })} />
      <Section
        title="People"
        note={list.data && `${count(list.data.total)} found, times are yours`}
        aside={
          <div className="choices">
            <Choice label="State" options={STATES} value={state} onChange={(value) => change({ state: value })} />
            <Choice label="Order" options={ORDERS} value={order} onChange={(value) => change({ order: value })} />
          </div>
        }
      >
        <Asked of={list} lines={8}>
          {(data) =>
            data.rows.length === 0 ? (
              <NobodyFound query={query} />
            ) : (
              <>
                <Table caption="People" columns={COLUMNS} rows={data.rows} keyOf={({ user_id: id }) => id} />
                <More list={data} />
              </>
            )
          }
        </Asked>
      </Section>
      <TopUse range={rangeOf(lastDays(DAYS))} />
    </>
  );
}

function Search({ before, onSearch }: { readonly before: string; readonly onSearch: (text: string) => void }) {
  const [text, setText] = useState(before);
  return (
    <form
      className="form more"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(text);
      }}
    >
      <div className="field-row">
        <Field
          label="User id or e-mail"
          value={text}
          onChange={setText}
          type="search"
          maxLength={320}
          hint="How it begins. Of a user id, case and blanks count."
        />
      </div>
      <p>
        <button className="button">Search</button>
      </p>
    </form>
  );
}

/** Somebody who was never here may be granted credits all the same. */
function NobodyFound({ query }: { readonly query: string }) {
  if (query === "") return <Empty title="Nobody." />;
  return (
    <Empty title="Nobody's id or e-mail address begins so.">
      <Link href={personPath(query)}>Open the page of {query} all the same</Link>
    </Empty>
  );
}

const COLUMNS: readonly Column<Person>[] = [
  {
    head: "Person",
    wide: true,
    cell: ({ user_id: id, suspended }) => (
      <>
        <PersonLink id={id} />
        {suspended && <span className="fault-says"> suspended</span>}
      </>
    ),
  },
  { head: "E-mail", wide: true, secondary: true, cell: ({ email }) => email ?? <span className="quiet">·</span> },
  { head: "Last turn", cell: ({ last_turn_at: time }) => (time === null ? <span className="quiet">none</span> : <Moment time={time} />) },
  { head: "Came", secondary: true, cell: ({ created_at: time }) => <Moment time={time} /> },
  { head: "Balance", figure: true, cell: ({ balance }) => <Credits value={balance} short /> },
];
