// The ledger, newest first. Every row opens its receipt, whose address can be sent.

import * as v from "valibot";
import { useList } from "../api/ask.ts";
import type { Dates } from "../api/routes.ts";
import { LedgerRows } from "../ledger/rows.tsx";
import { useFilters } from "../parts/filters.ts";
import { Asked, Empty } from "../parts/states.tsx";
import { More } from "../parts/table.tsx";
import { ReceiptDialog } from "./receipt.tsx";

const PAGE = 25;

type LedgerProps = { readonly shown?: number; readonly days?: Dates };

/** With `shown` so many rows and no more; without it page after page. `days` are those that it is of. */
export function Ledger({ shown, days = {} }: LedgerProps) {
  const [{ receipt }, change] = useFilters({ receipt: v.fallback(v.string(), "") });
  const list = useList("GET /users/me/transactions", { query: days }, ({ transactions }) => transactions, shown ?? PAGE);
  return (
    <>
      <Asked of={list} lines={6}>
        {(data) =>
          data.rows.length === 0 ? (
            Object.keys(days).length > 0 ? (
              <Empty title="No transactions in these days." />
            ) : (
              <Empty title="No transactions yet.">The first top-up makes the first one.</Empty>
            )
          ) : (
            <>
              <LedgerRows
                caption="Transactions"
                rows={shown === undefined ? data.rows : data.rows.slice(0, shown)}
                open={({ id }) => change({ receipt: id })}
                hasReceipt={() => true}
                saysWho={false}
              />
              {shown === undefined && <More list={data} />}
            </>
          )
        }
      </Asked>
      {receipt !== "" && <ReceiptDialog id={receipt} onClose={() => change({ receipt: "" })} />}
    </>
  );
}
