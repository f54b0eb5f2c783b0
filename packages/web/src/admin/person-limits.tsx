// A person's limits: what counts, how much of it is used, and setting those of an admin.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask, useAct } from "../api/ask.ts";
import type { Limits } from "../api/shapes.ts";
import { LimitsDialog } from "../limits/limits-dialog.tsx";
import { LimitsTable } from "../limits/limits.tsx";
import { Section } from "../parts/section.tsx";
import { Asked } from "../parts/states.tsx";

export function PersonLimits({ id }: { readonly id: string }) {
  const limits = useQuery(ask("GET /admin/users/{user_id}/limits", { path: { user_id: id } }));
  const [before, setBefore] = useState<Limits | null>(null);
  const { data } = limits;
  return (
    <Section
      title="Limits"
      note="of their own, an admin's and the stage's the lower counts"
      aside={
        data && (
          <button type="button" className="button button-quiet button-small" aria-haspopup="dialog" onClick={() => setBefore(data.admin)}>
            Set limits
          </button>
        )
      }
    >
      <Asked of={limits}>{(read) => <LimitsTable limits={read} />}</Asked>
      {before !== null && <SetDialog id={id} before={before} onClose={() => setBefore(null)} />}
    </Section>
  );
}

const CHANGED = [["GET /admin/users/{user_id}/limits"], ["GET /admin/actions"]];

function SetDialog({ id, before, onClose }: { readonly id: string; readonly before: Limits; readonly onClose: () => void }) {
  const set = useAct("PUT /admin/users/{user_id}/limits", { refreshes: CHANGED, onDone: onClose });
  return (
    <LimitsDialog
      title={`Limits of ${id}`}
      note="They bind the next turn. What is left empty is limited by the person or the stage alone."
      before={before}
      error={set.error}
      isPending={set.isPending}
      onSend={(body) => set.mutate({ given: { path: { user_id: id }, body } })}
      onClose={onClose}
    />
  );
}
