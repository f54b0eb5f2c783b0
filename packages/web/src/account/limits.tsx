// One's own limits: what counts and how much of it is used, and setting one's own.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask, useAct } from "../api/ask.ts";
import type { Limits } from "../api/shapes.ts";
import { LimitsDialog } from "../limits/limits-dialog.tsx";
import { LimitsTable } from "../limits/limits.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked } from "../parts/states.tsx";

export function LimitsPage() {
  const limits = useQuery(ask("GET /users/me/limits", {}));
  const [before, setBefore] = useState<Limits | null>(null);
  const { data } = limits;
  return (
    <>
      <PageHead
        title="Limits"
        note="How much may be spent and called from your wallet, by you and by your keys."
        aside={
          data && (
            <button type="button" className="button" aria-haspopup="dialog" onClick={() => setBefore(data.own)}>
              Set limits
            </button>
          )
        }
      />
      <Section title="What counts now" note="days and months are UTC; what running turns hold counts as used">
        <Asked of={limits} lines={6}>
          {(read) => <LimitsTable limits={read} />}
        </Asked>
      </Section>
      {before !== null && <SetDialog before={before} onClose={() => setBefore(null)} />}
    </>
  );
}

function SetDialog({ before, onClose }: { readonly before: Limits; readonly onClose: () => void }) {
  const set = useAct("PUT /users/me/limits", { refreshes: [["GET /users/me/limits"]], onDone: onClose });
  return (
    <LimitsDialog
      title="Limits of your own"
      note="They bind the next turn. What is left empty is not limited by you; an admin's limits stay."
      before={before}
      error={set.error}
      isPending={set.isPending}
      onSend={(body) => set.mutate({ given: { body } })}
      onClose={onClose}
    />
  );
}
