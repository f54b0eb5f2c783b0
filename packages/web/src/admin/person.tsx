// One person: who they are, wallet, usage by day and model, their whole ledger, their top-ups, and what an operator can do.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask } from "../api/ask.ts";
import { Refused } from "../api/client.ts";
import type { Person } from "../api/shapes.ts";
import { Credits, Worth } from "../money/amount.tsx";
import { Moment } from "../parts/moment.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { DeductDialog } from "./deduct.tsx";
import { GrantDialog } from "./grant.tsx";
import { KeyTable } from "./key-table.tsx";
import { PersonAudit } from "./person-audit.tsx";
import { PersonLedger } from "./person-ledger.tsx";
import { PersonLimits } from "./person-limits.tsx";
import { PersonTopUps } from "./person-top-ups.tsx";
import { PersonUsage } from "./person-usage.tsx";
import { SuspendDialog } from "./suspend.tsx";

type Act = "grant" | "deduct" | "suspend" | "reactivate";

export function PersonPage({ id }: { readonly id: string }) {
  const [act, setAct] = useState<Act | null>(null);
  const path = { user_id: id };
  const wallet = useQuery(ask("GET /admin/wallets/{user_id}", { path }));
  const person = useQuery(ask("GET /admin/users/{user_id}", { path }));
  const isWithout = wallet.error instanceof Refused && wallet.error.status === 404;
  const close = () => setAct(null);
  return (
    <>
      <PageHead
        title={id}
        note={person.data && <Facts person={person.data} />}
        aside={<Acts isSuspended={person.data?.suspended === true} hasWallet={wallet.data !== undefined} onAct={setAct} />}
      />
      {isWithout ? (
        <Section title="Wallet">
          <Empty title="No wallet yet.">It is made by the first session, top-up or grant.</Empty>
        </Section>
      ) : (
        <Asked of={wallet} lines={6}>
          {({ balance, held }) => (
            <>
              <Balance balance={balance} held={held} />
              <PersonUsage id={id} />
              <PersonLedger id={id} />
              <PersonTopUps id={id} />
            </>
          )}
        </Asked>
      )}
      {person.data !== undefined && <Rest id={id} />}
      {act === "grant" && <GrantDialog id={id} balance={wallet.data?.balance ?? "0"} isNew={isWithout} onClose={close} />}
      {act === "deduct" && wallet.data && (
        <DeductDialog id={id} balance={wallet.data.balance} available={wallet.data.available} onClose={close} />
      )}
      {(act === "suspend" || act === "reactivate") && <SuspendDialog id={id} act={act} onClose={close} />}
    </>
  );
}

/** What belongs to everybody who was here, with a wallet or without. */
function Rest({ id }: { readonly id: string }) {
  return (
    <>
      <PersonLimits id={id} />
      <Section title="API keys" note="days are UTC">
        <KeyTable user={id} limit={10} />
      </Section>
      <PersonAudit id={id} />
    </>
  );
}

function Facts({
  person: { email, created_at: came, last_turn_at: last, suspended, suspension_reason: reason },
}: {
  readonly person: Person;
}) {
  return (
    <>
      {email !== null && <>{email} · </>}
      came <Moment time={came} />
      {last !== null && (
        <>
          {" "}
          · last turn <Moment time={last} />
        </>
      )}
      {suspended && <strong className="fault-says"> · suspended{reason !== null && `: ${reason}`}</strong>}
    </>
  );
}

type ActsProps = { readonly isSuspended: boolean; readonly hasWallet: boolean; readonly onAct: (act: Act) => void };

function Acts({ isSuspended, hasWallet, onAct }: ActsProps) {
  const others: readonly (readonly [Act, string])[] = [
    ...(hasWallet ? ([["deduct", "Take credits back"]] as const) : []),
    isSuspended ? ["reactivate", "Reactivate"] : ["suspend", "Suspend"],
  ];
  return (
    <div className="buttons">
      <button type="button" className="button" onClick={() => onAct("grant")}>
        Grant credits
      </button>
      {others.map(([act, text]) => (
        <button key={act} type="button" className="button button-quiet" onClick={() => onAct(act)}>
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
