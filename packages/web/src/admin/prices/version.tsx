// One version: its prices against the active ones, what they would have earned, and making it the active one.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { ask } from "../../api/ask.ts";
import type { Price } from "../../api/shapes.ts";
import { shortDay } from "../../parts/days.ts";
import { PageHead, Section } from "../../parts/section.tsx";
import { Asked } from "../../parts/states.tsx";
import { Activate } from "./activate.tsx";
import { EditPriceDialog } from "./edit-price.tsx";
import { PriceTable } from "./price-table.tsx";
import { STATES } from "./versions.tsx";

export function VersionPage({ version }: { readonly version: string }) {
  const [edited, setEdited] = useState<Price | null>(null);
  const read = useQuery(ask("GET /admin/pricing/versions/{version}", { path: { version } }));
  const now = useQuery(ask("GET /admin/pricing", {}));
  const active = new Map(now.data?.items.map((price) => [price.model_alias, price.multiplier]));
  return (
    <>
      <PageHead title={version} note={<Link href="/operator/prices">All prices</Link>} />
      <Asked of={read} lines={8}>
        {(data) => (
          <>
            <Section
              title={data.label}
              note={`${STATES[data.state]}, from ${shortDay(data.effective_date)} (UTC); a million tokens in USD, margins with the use of the last 30 days`}
            >
              <PriceTable caption="Prices of this version" prices={data} active={data.is_active ? null : active} onEdit={setEdited} />
            </Section>
            {!data.is_active && (
              <Section title="Activate it">
                <Activate version={version} revision={data.revision} isReady={data.state === "ready"} warnings={data.warnings.length} />
              </Section>
            )}
            {edited !== null && <EditPriceDialog price={edited} revision={data.revision} onClose={() => setEdited(null)} />}
          </>
        )}
      </Asked>
    </>
  );
}
