// One top-up: paid by card, then watched until its credits are there.

import { useQuery, useQueryClient } from "@tanstack/preact-query";
import { lazy, Suspense } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { ask, useAct } from "../../api/ask.ts";
import type { PayableTopUp, TopUpStatus } from "../../api/shapes.ts";
import { Credits, usd } from "../../money/amount.tsx";
import { Moment } from "../../parts/moment.tsx";
import { Section } from "../../parts/section.tsx";
import { Asked, Fault, Loading } from "../../parts/states.tsx";
import { site } from "../../session/site.ts";
import { CardForm } from "./card-form.tsx";
import { becameOf, isWhole, MOVING, PAYABLE, stateOf } from "../../money/top-up-words.ts";

const LOOK_MS = 1_500;
const StripeForm = lazy(async () => (await import("./stripe-form.tsx")).StripeForm);

export function Payment({ id }: { readonly id: string }) {
  const queries = useQueryClient();
  const [isTried, setTried] = useState(false);
  const topUp = useQuery({
    ...ask("GET /users/me/wallet/top-ups/{id}", { path: { id } }),
    refetchInterval: ({ state: { data: known } }) => (known !== undefined && isWatched(known.status, isTried) ? LOOK_MS : false),
  });
  const status = topUp.data?.status;
  useEffect(() => {
    if (status === undefined) return;
    void queries.invalidateQueries({ queryKey: ["GET /users/me/wallet"] });
    void queries.invalidateQueries({ queryKey: ["GET /users/me/wallet/top-ups"] });
    void queries.invalidateQueries({ queryKey: ["GET /users/me/transactions"] });
  }, [status, queries]);
  const tried = () => {
    setTried(true);
    void topUp.refetch();
  };
  return (
    <Asked of={topUp}>
      {(data) => (
        <Section title={`${usd(data.amount_usd)} for credits`} aside={<Link href="/top-up">Another amount</Link>}>
          <p className="top-up-state" role="status">
            <State topUp={data} />
          </p>
          <Became topUp={data} />
          {PAYABLE.has(data.status) && data.client_secret !== null && <Pay secret={data.client_secret} topUp={data} onTried={tried} />}
          {PAYABLE.has(data.status) && <Cancel id={id} onDone={() => void topUp.refetch()} />}
        </Section>
      )}
    </Asked>
  );
}

/** One that was declined rests, until somebody tries another card: then its event is on the way. */
function isWatched(status: TopUpStatus, isTried: boolean): boolean {
  return MOVING.has(status) || (isTried && PAYABLE.has(status));
}

type PayProps = { readonly secret: string; readonly topUp: PayableTopUp; readonly onTried: () => void };

/** Where a card is taken: by Stripe's own form, or by the stand-in's. */
function Pay({ secret, topUp, onTried }: PayProps) {
  const { payment, stripe_key: stripeKey } = site();
  const given = { secret, amountUsd: topUp.amount_usd, onTried };
  if (payment === "stand-in") return <CardForm {...given} />;
  if (payment === null || stripeKey === null) return <p className="quiet">No cards are taken here yet.</p>;
  return (
    <Suspense fallback={<Loading lines={4} />}>
      <StripeForm
        {...given}
        stripeKey={stripeKey}
        path={`/top-up/${topUp.id}`}
        failedAt={topUp.status === "failed" ? topUp.updated_at : null}
      />
    </Suspense>
  );
}

/** Its refunds and disputes, and what they took. */
function Became({ topUp }: { readonly topUp: PayableTopUp }) {
  const { credits_taken_back: taken } = topUp;
  return (
    <>
      {becameOf(topUp).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {taken !== "0" && (
        <p>
          <Credits value={taken} /> credits were taken back for it; the <Link href="/transactions">ledger</Link> has the row.
        </p>
      )}
    </>
  );
}

/** Gives the top-up up: nobody pays it then. */
function Cancel({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const cancel = useAct("DELETE /users/me/wallet/top-ups/{id}", { refreshes: [["GET /users/me/wallet/top-ups"]], onDone });
  return (
    <>
      {cancel.error !== null && <Fault error={cancel.error} />}
      <p>
        <button
          type="button"
          className="button button-quiet"
          disabled={cancel.isPending}
          onClick={() => cancel.mutate({ given: { path: { id } } })}
        >
          Cancel this top-up
        </button>
      </p>
    </>
  );
}

function State({ topUp }: { readonly topUp: PayableTopUp }) {
  const { status, credits_to_grant: credits, updated_at: time } = topUp;
  if (isWhole(topUp)) {
    return (
      <span className="done">
        Paid. <Credits value={credits} signed /> credits came at <Moment time={time} />.
      </span>
    );
  }
  if (status === "canceled") return <>You canceled it. Nothing was paid.</>;
  if (status === "dismissed") return <>An operator ended it without credits. Ask them if you paid.</>;
  if (status === "quarantined") return <>The payment does not fit this top-up. An operator looks at it; no credits came yet.</>;
  return (
    <>
      <Credits value={credits} /> credits: {stateOf(topUp)}.
    </>
  );
}
