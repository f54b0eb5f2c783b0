// The active prices, what they earn, and every version that there is.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import type { Price } from "../../api/shapes.ts";
import { PageHead, Section } from "../../parts/section.tsx";
import { Asked } from "../../parts/states.tsx";
import { EditPriceDialog } from "./edit-price.tsx";
import { NewVersionDialog } from "./new-version.tsx";
import { PriceTable } from "./price-table.tsx";
import { Versions } from "./versions.tsx";

export function PricesPage() {
  const [edited, setEdited] = useState<Price | null>(null);
  const [isMaking, setMaking] = useState(false);
  const prices = useQuery(ask("GET /admin/pricing", {}));
  return (
    <>
      <PageHead
        title="Prices"
        note="A change binds the very next turn, everywhere. What was charged before keeps its price."
        aside={
          <button type="button" className="button button-quiet" onClick={() => setMaking(true)}>
            New version
          </button>
        }
      />
      <Asked of={prices} lines={8}>
        {(data) => (
          <Section
            title={data.pricing_version}
            note={`the active version, revision ${data.revision}; a million tokens in USD, margins of the last 30 days`}
          >
            <PriceTable caption="Active prices" prices={data} active={null} onEdit={setEdited} />
            {edited !== null && <EditPriceDialog price={edited} revision={data.revision} onClose={() => setEdited(null)} />}
          </Section>
        )}
      </Asked>
      <Versions />
      {isMaking && <NewVersionDialog onClose={() => setMaking(false)} />}
    </>
  );
}
