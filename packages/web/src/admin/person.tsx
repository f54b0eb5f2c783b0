// One person: wallet, usage by day and model, the last rows of their ledger, and what an operator can do.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask } from "../api/ask.ts";
import { Refused } from "../api/client.ts";
import type { Transaction } from "../api/shapes.ts";
import { Credits, Worth } from "../money/amount.tsx";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";
import { GrantDialog } from "./grant.tsx";
import { PersonUsage } from "./person-usage.tsx";
import { SuspendDialog } from "./suspend.tsx";

type Act = "grant" | "suspend" | "reactivate";

const BUTTONS: readonly (readonly [Act, string])[] = [
  ["grant", "Grant credits"],
  ["suspend", "Suspend"],
  ["reactivate", "Reactivate"],
];

export function PersonPage({ id }: { readonly id: string }) {
  const [act, setAct] = useState<Act | null>(null);
  const wallet = useQuery(ask("GET /admin/wallets/{user_id}", { path: { user_id: id } }));
  const isWithout = wallet.error instanceof Refused && wallet.error.status === 404;
  const close = () => setAct(null);
  return (
    <>
      <PageHead title={id} aside={<Acts onAct={setAct} />} />
      {isWithout ? (
        <Section title="Wallet">
          <Empty title="No wallet yet.">It is made by the first session, top-up or grant.</Empty>
        </Section>
      ) : (
        <Asked of={wallet} lines={6}>
          {({ balance, held, recent_transactions: rows }) => (
            <>
              <Balance balance={balance} held={held} />
              <PersonUsage id={id} />
              <Section title="Last transactions" note={`the last ${rows.length}, times are yours`}>
                {rows.length === 0 ? (
                  <Empty title="No transactions yet." />
                ) : (
                  <Table caption="Last transactions" columns={COLUMNS} rows={rows} keyOf={(row) => row.id} />
                )}
              </Section>
            </>
          )}
        </Asked>
      )}
      {act === "grant" && <GrantDialog id={id} balance={wallet.data?.balance ?? "0"} isNew={isWithout} onClose={close} />}
      {(act === "suspend" || act === "reactivate") && <SuspendDialog id={id} act={act} onClose={close} />}
    </>
  );
}

function Acts({ onAct }: { readonly onAct: (act: Act) => void }) {
  return (
    <div className="buttons">
      {BUTTONS.map(([act, text]) => (
        <button key={act} type="button" className={act === "grant" ? "button" : "button button-quiet"} onClick={() => onAct(act)}>
          {text}
        </button>
      ))}
    </div>
  );
}

function Balance({ balance, held }: { readonly balance: string; readonly held: string }) {
  return (
    <div className={balance.startsWith("-") ? "balance balance-below" : "balance"}>
      <p className="balance-figure">
        <Credits value={balance} />
        <span className="balance-unit">credits</span>
      </p>
      <p className="balance-notes">
        <Worth credits={balance} />
        {held !== "0" && (
          <span>
            <Credits value={held} /> held by turns that run
          </span>
        )}
      </p>
    </div>
  );
}

const COLUMNS: readonly Column<Transaction>[] = [
  { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
  {
    head: "What",
    wide: true,
    cell: ({ description, note, initiated_by: by }) => (
      <>
        {description}
        {by !== null && <span className="quiet"> by {by}</span>}
        {note !== null && <span className="quiet"> · {note}</span>}
      </>
    ),
  },
  { head: "Credits", figure: true, decimal: true, cell: ({ amount }) => <Credits value={amount} signed aligned /> },
  {
    head: "Balance after",
    figure: true,
    decimal: true,
    secondary: true,
    cell: ({ balance_after: after }) => <Credits value={after} aligned />,
  },
];
