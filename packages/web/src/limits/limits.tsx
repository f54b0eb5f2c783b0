// What somebody is limited to, and what is used of it.

import type { LimitsInForce } from "../api/shapes.ts";
import { Credits } from "../money/amount.tsx";
import { Moment } from "../parts/moment.tsx";
import { Empty } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";
import { isOfCredits, LIMIT_WORDS } from "./words.ts";

type InForce = LimitsInForce["in_force"][number];

/** The limits that count, with what is used of each. */
export function LimitsTable({ limits }: { readonly limits: LimitsInForce }) {
  if (limits.in_force.length === 0) return <Empty title="Nothing is limited." />;
  return <Table caption="Limits" columns={columnsOf(limits)} rows={limits.in_force} keyOf={({ name }) => name} />;
}

function columnsOf(limits: LimitsInForce): readonly Column<InForce>[] {
  return [
    {
      head: "Limit",
      wide: true,
      cell: ({ name }) => (
        <>
          {LIMIT_WORDS[name]} <span className="quiet">{whoseOf(limits, name)}</span>
        </>
      ),
    },
    { head: "Used", figure: true, cell: ({ name, used, most }) => <Used name={name} used={used} most={most} /> },
    { head: "At most", figure: true, cell: ({ name, most }) => <Value name={name} value={most} /> },
    { head: "Left", figure: true, secondary: true, cell: ({ name, left }) => <Value name={name} value={left} /> },
    {
      head: "Begins anew",
      secondary: true,
      cell: ({ resets_at: time }) => (time === null ? <span className="quiet">·</span> : <Moment time={time} />),
    },
  ];
}

function Used({ name, used, most }: Pick<InForce, "name" | "used" | "most">) {
  return (
    <span className="limit-used">
      <meter aria-label={`Used of ${LIMIT_WORDS[name]}`} min={0} max={Number(most)} value={Math.min(Number(used), Number(most))} />{" "}
      <Value name={name} value={used} />
    </span>
  );
}

function Value({ name, value }: { readonly name: InForce["name"]; readonly value: string }) {
  return isOfCredits(name) ? <Credits value={value} short /> : <>{value}</>;
}

/** Whose limit it is that counts: the lower one's. */
function whoseOf({ own, admin, in_force: all }: LimitsInForce, name: InForce["name"]): string {
  const most = all.find((one) => one.name === name)?.most;
  if (own[name] !== null && String(own[name]) === most) return "· own limit";
  return admin[name] === null ? "" : "· set by an admin or the stage";
}
