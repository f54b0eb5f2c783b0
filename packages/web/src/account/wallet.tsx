// What one has, and the last rows of what it went on.

import { useQuery } from "@tanstack/preact-query";
import { Link } from "wouter-preact";
import { ask } from "../api/ask.ts";
import type { Answer } from "../api/client.ts";
import { Credits, Worth } from "../money/amount.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked } from "../parts/states.tsx";
import { Ledger } from "./ledger.tsx";
import { Pace } from "./pace.tsx";

const LOOK_MS = 30_000;
const SHOWN = 10;

/** The wallet of whoever is signed in, looked at again while the page is open. */
export function useWallet() {
  return useQuery({ ...ask("GET /users/me/wallet", {}), refetchInterval: LOOK_MS });
}

export function WalletPage() {
  const wallet = useWallet();
  return (
    <>
      <PageHead
        title="Wallet"
        aside={
          <Link href="/top-up" className="button">
            Top up
          </Link>
        }
      />
      <Asked of={wallet}>
        {(data) => (
          <>
            <Balance {...data} />
            <Pace available={data.available} />
          </>
        )}
      </Asked>
      <Section title="Latest transactions" note="times are yours" aside={<Link href="/transactions">All transactions</Link>}>
        <Ledger shown={SHOWN} />
      </Section>
    </>
  );
}

function Balance({ balance, held, available, low_balance: isLow }: Answer<"GET /users/me/wallet">) {
  const isBelow = balance.startsWith("-");
  return (
    <div className={isBelow ? "balance balance-below" : "balance"}>
      <p className="balance-figure">
        <Credits value={balance} />
        <span className="balance-unit">credits</span>
      </p>
      <p className="balance-notes">
        <Worth credits={balance} />
        {held !== "0" && (
          <span>
            <Credits value={held} /> held by turns that run, <Credits value={available} /> available
          </span>
        )}
        {isBelow ? (
          <strong className="balance-low">Below zero</strong>
        ) : (
          isLow && balance !== "0" && <strong className="balance-low">Running low</strong>
        )}
      </p>
    </div>
  );
}
