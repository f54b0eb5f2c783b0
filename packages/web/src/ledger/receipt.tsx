// How a ledger row came about: every figure that it was made of, and the sum done before the reader's eyes. A turn has its calls, a top-up
// its payment, what an admin booked neither.

import { amount } from "@pantheon/contract/money.ts";
import type { Receipt, ReceiptLine, ReceiptTool } from "../api/shapes.ts";
import { count, Credits, Usd } from "../money/amount.tsx";
import { Moment } from "../parts/moment.tsx";

export function ReceiptView(receipt: Receipt) {
  const { lines, tools, payment, amount: moved, matches, created_at: time, balance_after: balance } = receipt;
  const arithmetic = [...lines.map((line) => line.arithmetic), ...(payment?.arithmetic ? [payment.arithmetic] : [])];
  return (
    <div className="receipt">
      <About {...receipt} time={time} />
      {lines.map((line) => (
        <Line key={line.event_id} line={line} />
      ))}
      {tools.length > 0 && <Tools tools={tools} />}
      {payment !== null && <Paid {...payment} />}
      <dl className="sum sum-total">
        {lines.length > 0 ? <Step name="charged" value={receipt.total} /> : <Step name="credits" value={moved} signed />}
        <Step name="balance after" value={balance} />
      </dl>
      {arithmetic.map((sum) => (
        <p key={sum} className="receipt-arithmetic small">
          {sum}
        </p>
      ))}
      <Verdict isDecided={arithmetic.length === 0 && tools.length === 0} matches={matches} />
    </div>
  );
}

function About({ description, turn_id: turn, time }: Pick<Receipt, "description" | "turn_id"> & { readonly time: string }) {
  return (
    <p className="quiet small">
      <Moment time={time} /> ·{" "}
      {turn === null ? (
        description
      ) : (
        <>
          turn <code>{turn}</code>
        </>
      )}
    </p>
  );
}

/** What was decided by a person has no sum that could be done again. */
function Verdict({ isDecided, matches }: { readonly isDecided: boolean; readonly matches: boolean }) {
  if (isDecided) return <p className="receipt-verdict quiet">This amount was decided, not computed.</p>;
  return (
    <p className={matches ? "receipt-verdict done" : "receipt-verdict fault-says"}>
      {matches
        ? "✓ Computed again from what was stored: the same."
        : "✗ Computed again from what was stored: not the same. Please tell the operator."}
    </p>
  );
}

function Paid({ payment_intent_id: payment, amount_usd: dollars, usd_per_credit: price, credits }: NonNullable<Receipt["payment"]>) {
  return (
    <>
      <p className="receipt-model">
        Payment <code className="quiet">{payment}</code>
      </p>
      <dl className="sum">
        <div>
          <dt>paid</dt>
          <dd className="sum-how quiet" />
          <dd>
            <Usd value={dollars} />
          </dd>
        </div>
        <Step name="in credits" {...(price !== null && { how: `÷ $${price} a credit` })} value={credits} rule />
      </dl>
    </>
  );
}

/** Each use of a tool has a price of its own; one that failed is free. */
function Tools({ tools }: { readonly tools: readonly ReceiptTool[] }) {
  return (
    <>
      <p className="receipt-model">Tools</p>
      <dl className="sum">
        {tools.map(({ event_id: id, tool_name: name, status, price, pricing_version: version, credits_charged: charged }) => (
          <Step
            key={id}
            name={name.replaceAll("_", " ")}
            how={status === "error" ? "failed, free" : `${price} a use, prices of ${version}`}
            value={charged}
          />
        ))}
      </dl>
    </>
  );
}

function Line({ line }: { readonly line: ReceiptLine }) {
  const classes = [
    ["fresh input", line.input_tokens_fresh, line.weight_fresh],
    ["cached input", line.input_tokens_cached, line.weight_cached],
    ["output", line.output_tokens, line.weight_output],
  ] as const;
  const multiplied = amount(line.oe_tokens).times(amount(line.multiplier)).toFixed();
  return (
    <>
      <p className="receipt-model">
        {line.model_alias} <span className="quiet">{line.provider_model}</span>
      </p>
      <dl className="sum">
        {classes.map(([name, tokens, weight]) => (
          <Step
            key={name}
            name={name}
            how={`${count(tokens)} tokens × ${weight}`}
            value={amount(String(tokens)).times(amount(weight)).toFixed()}
          />
        ))}
        <Step name="weighted tokens" value={line.oe_tokens} rule />
        <Step name="multiplier" how={`× ${line.multiplier}, prices of ${line.pricing_version}`} value={multiplied} />
        <Step name="in credits" how={`÷ ${count(Number(line.oe_per_credit))}`} value={line.credits_charged} rule />
      </dl>
    </>
  );
}

type StepProps = {
  readonly name: string;
  readonly how?: string;
  readonly value: string;
  readonly rule?: boolean;
  readonly signed?: boolean;
};

function Step({ name, how, value, rule = false, signed = false }: StepProps) {
  return (
    <div className={rule ? "sum-rule" : ""}>
      <dt>{name}</dt>
      <dd className="sum-how quiet">{how}</dd>
      <dd>
        <Credits value={value} signed={signed} aligned />
      </dd>
    </div>
  );
}
