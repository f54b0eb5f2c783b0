// One's API keys: what each spent and when it was last used; made, changed, rotated, revoked.

import { useState } from "preact/hooks";
import { useList } from "../../api/ask.ts";
import type { ApiKey } from "../../api/shapes.ts";
import { limitsInWords } from "../../limits/words.ts";
import { count, Credits } from "../../money/amount.tsx";
import { shortDay } from "../../parts/days.ts";
import { Moment } from "../../parts/moment.tsx";
import { PageHead, Section } from "../../parts/section.tsx";
import { Asked, Empty } from "../../parts/states.tsx";
import { More, Table, type Column } from "../../parts/table.tsx";
import { ChangeKeyDialog } from "./change-key.tsx";
import { MakeKeyDialog } from "./make-key.tsx";
import { RevokeKeyDialog } from "./revoke-key.tsx";
import { RotateKeyDialog } from "./rotate-key.tsx";

const ACTS = ["change", "rotate", "revoke"] as const;
type Act = (typeof ACTS)[number];
type Open = { readonly act: Act; readonly apiKey: ApiKey };

const WORDS: Readonly<Record<Act, string>> = { change: "Change", rotate: "Rotate", revoke: "Revoke" };

export function KeysPage() {
  const list = useList("GET /users/me/keys", {}, ({ keys }) => keys);
  const [isMaking, setMaking] = useState(false);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <PageHead
        title="API keys"
        note="A key lets a program run turns from your wallet. It reads no wallet, tops nothing up and makes no other key."
        aside={
          <button type="button" className="button" onClick={() => setMaking(true)}>
            Make a key
          </button>
        }
      />
      <Section title="Your keys" note={list.data ? `${count(list.data.total)} in all, days are UTC` : "days are UTC"}>
        <Asked of={list} lines={6}>
          {(data) =>
            data.rows.length === 0 ? (
              <Empty title="No keys yet.">A program shows one in place of your sign-in.</Empty>
            ) : (
              <>
                <Table caption="API keys" columns={columnsOf(setOpen)} rows={data.rows} keyOf={({ id }) => id} />
                <More list={data} />
              </>
            )
          }
        </Asked>
      </Section>
      {isMaking && <MakeKeyDialog onClose={() => setMaking(false)} />}
      {open?.act === "change" && <ChangeKeyDialog apiKey={open.apiKey} onClose={close} />}
      {open?.act === "rotate" && <RotateKeyDialog apiKey={open.apiKey} onClose={close} />}
      {open?.act === "revoke" && <RevokeKeyDialog apiKey={open.apiKey} onClose={close} />}
    </>
  );
}

function columnsOf(open: (what: Open) => void): readonly Column<ApiKey>[] {
  return [
    { head: "Key", wide: true, cell: (row) => <Name apiKey={row} /> },
    { head: "State", wide: true, cell: (row) => <State apiKey={row} /> },
    {
      head: "Last used",
      secondary: true,
      cell: ({ last_used_on: day }) => (day === null ? <span className="quiet">never</span> : shortDay(day)),
    },
    { head: "Made", secondary: true, cell: ({ created_at: time }) => <Moment time={time} /> },
    { head: "Spent", figure: true, secondary: true, cell: ({ spent }) => <Credits value={spent} /> },
    { head: "Acts", figure: true, cell: (row) => row.revoked_at === null && <Acts apiKey={row} open={open} /> },
  ];
}

function Name({ apiKey: { name, prefix, models, limits } }: { readonly apiKey: ApiKey }) {
  const bounds = [...(models === null ? [] : [`${models.join(", ")} only`]), ...limitsInWords(limits)];
  return (
    <>
      {name} <code className="quiet small">{prefix}…</code>
      {bounds.length > 0 && <span className="quiet"> · {bounds.join(" · ")}</span>}
    </>
  );
}

function State({ apiKey: { revoked_at: revoked, expires_at: ends, former_until: former } }: { readonly apiKey: ApiKey }) {
  const now = new Date().toISOString();
  if (revoked !== null) return <span className="quiet">revoked</span>;
  if (ends !== null && ends <= now) return <span className="quiet">ended</span>;
  return (
    <>
      <span className="done">good</span>
      {ends !== null && <span className="quiet"> until {shortDay(ends.slice(0, 10))}</span>}
      {former !== null && former > now && (
        <span className="quiet">
          {" "}
          · the text before it until <Moment time={former} />
        </span>
      )}
    </>
  );
}

function Acts({ apiKey, open }: { readonly apiKey: ApiKey; readonly open: (what: Open) => void }) {
  return (
    <span className="acts">
      {ACTS.map((act) => (
        <button
          key={act}
          type="button"
          className="link"
          aria-haspopup="dialog"
          aria-label={`${WORDS[act]} ${apiKey.name}`}
          onClick={() => open({ act, apiKey })}
        >
          {WORDS[act]}
        </button>
      ))}
    </span>
  );
}
