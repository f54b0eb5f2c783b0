// API keys as admins see them: whose, how they begin, what they spent; revoked in an emergency.

import { useState } from "preact/hooks";
import { useAct, useList } from "../api/ask.ts";
import type { AdminKey } from "../api/shapes.ts";
import { limitsInWords } from "../limits/words.ts";
import { Credits } from "../money/amount.tsx";
import { shortDay } from "../parts/days.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Asked, Empty, Fault } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { PersonLink } from "./person-link.tsx";

/** Everybody's; with a `user` theirs alone, without the column that says whose. */
export function KeyTable({ user, limit = 25 }: { readonly user: string; readonly limit?: number }) {
  const list = useList("GET /admin/keys", user === "" ? {} : { query: { user_id: user } }, ({ keys }) => keys, limit);
  const [revoked, setRevoked] = useState<AdminKey | null>(null);
  return (
    <>
      <Asked of={list} lines={4}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="No keys yet." />
          ) : (
            <>
              <Table caption="API keys" columns={columnsOf(user === "", setRevoked)} rows={data.rows} keyOf={({ id }) => id} />
              <More list={data} />
            </>
          )
        }
      </Asked>
      {revoked !== null && <RevokeDialog apiKey={revoked} onClose={() => setRevoked(null)} />}
    </>
  );
}

function columnsOf(isEverybodys: boolean, revoke: (key: AdminKey) => void): readonly Column<AdminKey>[] {
  return [
    ...(isEverybodys ? [{ head: "Person", wide: true as const, cell: ({ user_id: id }: AdminKey) => <PersonLink id={id} /> }] : []),
    { head: "Key", wide: true, cell: (row) => <KeyName apiKey={row} /> },
    { head: "State", secondary: true, cell: (row) => <span className={stateOf(row) === "good" ? "done" : "quiet"}>{stateOf(row)}</span> },
    {
      head: "Last used (UTC)",
      secondary: true,
      cell: ({ last_used_on: day }) => (day === null ? <span className="quiet">never</span> : shortDay(day)),
    },
    { head: "Spent", figure: true, cell: ({ spent }) => <Credits value={spent} /> },
    {
      head: "Acts",
      figure: true,
      cell: (row) =>
        row.revoked_at === null && (
          <button type="button" className="link" aria-haspopup="dialog" aria-label={`Revoke ${row.name}`} onClick={() => revoke(row)}>
            Revoke
          </button>
        ),
    },
  ];
}

function KeyName({ apiKey: { name, prefix, models, limits } }: { readonly apiKey: AdminKey }) {
  const bounds = [...(models === null ? [] : [`${models.join(", ")} only`]), ...limitsInWords(limits)];
  return (
    <>
      {name} <code className="quiet small">{prefix}…</code>
      {bounds.length > 0 && <span className="quiet"> · {bounds.join(" · ")}</span>}
    </>
  );
}

function stateOf({ revoked_at: revoked, expires_at: ends }: AdminKey): "good" | "revoked" | "ended" {
  if (revoked !== null) return "revoked";
  return ends !== null && ends <= new Date().toISOString() ? "ended" : "good";
}

const CHANGED = [["GET /admin/keys"], ["GET /admin/actions"]];

function RevokeDialog({ apiKey: { id, name, user_id: user }, onClose }: { readonly apiKey: AdminKey; readonly onClose: () => void }) {
  const revoke = useAct("DELETE /admin/keys/{id}", { refreshes: CHANGED, onDone: onClose });
  return (
    <Dialog title={`Revoke ${name} of ${user}?`} onClose={onClose}>
      <div className="form">
        <p>Whoever has it is refused from now on, for good. Calls that run are finished and charged.</p>
        {revoke.error !== null && <Fault error={revoke.error} />}
        <p className="buttons">
          <button type="button" className="button" disabled={revoke.isPending} onClick={() => revoke.mutate({ given: { path: { id } } })}>
            {revoke.isPending ? "Revoking" : "Revoke it"}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            Keep it
          </button>
        </p>
      </div>
    </Dialog>
  );
}
