// A charge's receipt: every figure that it was made of, and the sum done before the reader's eyes.

import { useQuery } from "@tanstack/preact-query";
import { amount } from "@pantheon/contract/money.ts";
import { ask } from "../api/ask.ts";
import type { Receipt, ReceiptLine } from "../api/shapes.ts";
import { count, Credits } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Moment } from "../parts/moment.tsx";
import { Asked } from "../parts/states.tsx";

/** `id` is the transaction of the charge. */
export function ReceiptDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const receipt = useQuery({ ...ask("GET /users/me/transactions/{id}/receipt", { path: { id } }), staleTime: Infinity });
  return (
    <Dialog title="Receipt" onClose={onClose}>
      <Asked of={receipt} lines={8}>
        {(data) => <Whole {...data} />}
      </Asked>
    </Dialog>
  );
}

function Whole({ lines, total, matches, created_at: time, balance_after: balance, turn_id: turn }: Receipt) {
  return (
    <div className="receipt">
      <p className="quiet small">
        <Moment time={time} /> · turn <code>{turn}</code>
      </p>
      {lines.map((line) => (
        <Line key={line.event_id} line={line} />
      ))}
      <dl className="sum sum-total">
        <Step name="charged" value={total} />
        <Step name="balance after" value={balance} />
      </dl>
      {lines.map((line) => (
        <p key={line.event_id} className="receipt-arithmetic small">
          {line.arithmetic}
        </p>
      ))}
      <p className={matches ? "receipt-verdict done" : "receipt-verdict fault-says"}>
        {matches
          ? "✓ Computed again from what was stored: the same."
          : "✗ Computed again from what was stored: not the same. Please tell the operator."}
      </p>
    </div>
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

type StepProps = { readonly name: string; readonly how?: string; readonly value: string; readonly rule?: boolean };

function Step({ name, how, value, rule = false }: StepProps) {
  return (
    <div className={rule ? "sum-rule" : ""}>
      <dt>{name}</dt>
      <dd className="sum-how quiet">{how}</dd>
      <dd>
        <Credits value={value} aligned />
      </dd>
    </div>
  );
}
