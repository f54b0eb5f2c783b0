// Rows of a ledger as a table, for their owner and for admins.

import type { Transaction } from "../api/shapes.ts";
import { Credits } from "../money/amount.tsx";
import { Moment } from "../parts/moment.tsx";
import { Table, type Column } from "../parts/table.tsx";

type RowsProps = {
  readonly caption: string;
  readonly rows: readonly Transaction[];
  /** Opens a row's receipt. */
  readonly open: (row: Transaction) => void;
  /** Whether a row has a receipt to be opened. */
  readonly hasReceipt: (row: Transaction) => boolean;
  /** Whether it is said who did it. */
  readonly saysWho: boolean;
};

export function LedgerRows({ caption, rows, ...row }: RowsProps) {
  return <Table caption={caption} columns={columnsOf(row)} rows={rows} keyOf={({ id }) => id} />;
}

type RowProps = Pick<RowsProps, "open" | "hasReceipt" | "saysWho">;

function columnsOf(props: RowProps): readonly Column<Transaction>[] {
  return [
    { head: "When", cell: ({ created_at: time }) => <Moment time={time} /> },
    { head: "What", wide: true, cell: (row) => <What row={row} {...props} /> },
    { head: "Credits", figure: true, decimal: true, cell: ({ amount }) => <Credits value={amount} signed aligned /> },
    {
      head: "Balance after",
      figure: true,
      decimal: true,
      secondary: true,
      cell: ({ balance_after: after }) => <Credits value={after} aligned />,
    },
  ];
}

function What({ row, open, hasReceipt, saysWho }: RowProps & { readonly row: Transaction }) {
  return (
    <>
      {hasReceipt(row) ? (
        <button type="button" className="link" aria-haspopup="dialog" onClick={() => open(row)}>
          <Name row={row} />
        </button>
      ) : (
        <Name row={row} />
      )}
      {saysWho && row.initiated_by !== null && <span className="quiet"> by {row.initiated_by}</span>}
      {row.note !== null && <span className="quiet"> · {row.note}</span>}
    </>
  );
}

function Name({ row: { source, reference_id: reference, description } }: { readonly row: Transaction }) {
  if (source !== "turn") return <>{description}</>;
  return (
    <>
      Turn <code className="turn-id">{reference.slice(-6)}</code>
    </>
  );
}
