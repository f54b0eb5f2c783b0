// The addresses of Stripe's API that the stand-in serves, with the parameters each takes. What is not listed here is refused as unknown,
// also where the real API would take it: a program that needs more must not believe that it was understood.

import { isLive, type Account } from "./account.ts";
import { booleanOf, insideOf, integerOf, listOf, metadataOf, oneOf, required, textOf, type Form } from "./form.ts";
import { LIST_PARAMETERS, pageOf, type StripeList } from "./list.ts";
import type { Charge, EventRequest, PaymentIntent, StripeObject } from "./objects.ts";
import { cancelIntent, createIntent, payIntent } from "./payment-intents.ts";
import { createRefund, paidCharge } from "./refunds.ts";
import { missing, StripeRefusal } from "./refusal.ts";

export type Call = {
  readonly account: Account;
  /** By the key that was sent: objects of the other mode do not exist for it. */
  readonly livemode: boolean;
  /** From the address; empty where it names none. */
  readonly id: string;
  readonly form: Form;
  readonly request: EventRequest;
};

export type Endpoint = {
  readonly method: "GET" | "POST";
  /** `:id` stands for an id. */
  readonly path: string;
  /** Besides `expand`. */
  readonly parameters: readonly string[];
  /** The paths that `expand` takes. */
  readonly expands: readonly string[];
  readonly answer: (call: Call) => StripeObject | StripeList;
};

const CREATE = ["amount", "currency", "metadata", "description", "receipt_email", "payment_method_types", "automatic_payment_methods"];
const CONFIRM = ["payment_method", "return_url", "off_session"];

export const ENDPOINTS: readonly Endpoint[] = [
  {
    method: "POST",
    path: "/v1/payment_intents",
    parameters: [...CREATE, "confirm", ...CONFIRM],
    expands: ["latest_charge"],
    answer: create,
  },
  {
    method: "GET",
    path: "/v1/payment_intents/:id",
    parameters: ["client_secret"],
    expands: ["latest_charge"],
    answer: (call) => intentOf(call, call.id, "intent"),
  },
  {
    method: "POST",
    path: "/v1/payment_intents/:id/confirm",
    parameters: CONFIRM,
    expands: ["latest_charge"],
    answer: (call) => confirm(call, intentOf(call, call.id, "intent")),
  },
  {
    method: "POST",
    path: "/v1/payment_intents/:id/cancel",
    parameters: ["cancellation_reason"],
    expands: ["latest_charge"],
    answer: (call) => cancelIntent(call.account, intentOf(call, call.id, "intent"), cancellationReason(call.form), call.request),
  },
  {
    method: "POST",
    path: "/v1/refunds",
    parameters: ["payment_intent", "charge", "amount", "reason", "metadata"],
    expands: ["charge", "payment_intent"],
    answer: refund,
  },
  one("charge", ({ charges }) => charges, ["payment_intent"]),
  one("refund", ({ refunds }) => refunds, ["charge", "payment_intent"]),
  one("dispute", ({ disputes }) => disputes, ["charge", "payment_intent"]),
  one("event", ({ events }) => events, []),
  list("payment_intent", ({ intents }) => intents, [], ["latest_charge"]),
  list("charge", ({ charges }) => charges, ["payment_intent"], ["payment_intent"]),
  list("refund", ({ refunds }) => refunds, ["payment_intent", "charge"], ["payment_intent", "charge"]),
  list("dispute", ({ disputes }) => disputes, ["payment_intent", "charge"], ["payment_intent", "charge"]),
  {
    method: "GET",
    path: "/v1/events",
    parameters: [...LIST_PARAMETERS, "type", "types"],
    expands: [],
    answer: (call) => {
      const types = listOf(call.form, "types") ?? [textOf(call.form, "type") ?? "*"];
      const events = [...call.account.events.values()].filter(({ type }) => types.some((wanted) => covers(wanted, type)));
      return pageOf(
        events.filter((event) => isLive(call.account, event) === call.livemode),
        call.form,
        "/v1/events",
      );
    },
  },
];

function create(call: Call): PaymentIntent {
  const { account, livemode, form, request } = call;
  const automatic = insideOf(form, "automatic_payment_methods", ["enabled", "allow_redirects"]) ?? new Map<string, string>();
  const intent = createIntent(
    account,
    {
      amount: required(integerOf(form, "amount", 0), "amount"),
      currency: required(textOf(form, "currency"), "currency").toLowerCase(),
      livemode,
      metadata: metadataOf(form),
      description: textOf(form, "description") ?? null,
      receiptEmail: textOf(form, "receipt_email") ?? null,
      paymentMethod: textOf(form, "payment_method") ?? null,
      paymentMethodTypes: listOf(form, "payment_method_types") ?? (booleanOf(automatic, "enabled") === false ? ["card"] : null),
      allowRedirects: oneOf(automatic, "allow_redirects", ["always", "never"]) ?? "always",
    },
    request,
  );
  return booleanOf(form, "confirm") === true ? confirm(call, intent) : intent;
}

function confirm({ account, form, request }: Call, intent: PaymentIntent): PaymentIntent {
  booleanOf(form, "off_session");
  const paymentMethod = textOf(form, "payment_method") ?? intent.payment_method ?? undefined;
  const tried = payIntent(account, intent, required(paymentMethod, "payment_method"), request);
  const failure = tried.last_payment_error;
  if (failure === null) return tried;
  const { type, code, message, ...more } = failure;
  throw new StripeRefusal(402, { type, code, message, more: { ...more, payment_intent: tried } });
}

function cancellationReason(form: Form): string | null {
  return oneOf(form, "cancellation_reason", ["duplicate", "fraudulent", "requested_by_customer", "abandoned"]) ?? null;
}

function refund(call: Call): StripeObject {
  const { account, form, request } = call;
  const amount = integerOf(form, "amount", 1);
  const reason = oneOf(form, "reason", ["duplicate", "fraudulent", "requested_by_customer"]);
  return createRefund(account, chargeToRefund(call), { amount, reason, metadata: metadataOf(form) }, request);
}

function chargeToRefund(call: Call): Charge {
  const id = textOf(call.form, "charge");
  if (id === undefined) {
    const intent = required(textOf(call.form, "payment_intent"), "payment_intent");
    return paidCharge(call.account, intentOf(call, intent, "payment_intent"));
  }
  const charge = call.account.charges.get(id);
  if (charge?.livemode === call.livemode) return charge;
  throw missing("charge", id, "charge", 400);
}

/** The intent of an id that stands in the address (`intent`) or in a parameter. */
function intentOf({ account, livemode }: Call, id: string, param: "intent" | "payment_intent"): PaymentIntent {
  const intent = account.intents.get(id);
  if (intent?.livemode === livemode) return intent;
  throw missing("payment intent", id, param, param === "intent" ? 404 : 400);
}

type Kind = "payment_intent" | "charge" | "refund" | "dispute" | "event";

function one(kind: Kind, objects: (account: Account) => ReadonlyMap<string, StripeObject>, expands: readonly string[]): Endpoint {
  return {
    method: "GET",
    path: `/v1/${kind}s/:id`,
    parameters: [],
    expands,
    answer: ({ account, livemode, id }) => {
      const object = objects(account).get(id);
      if (object !== undefined && isLive(account, object) === livemode) return object;
      throw missing(kind, id, "id", 404);
    },
  };
}

/** A list that can be narrowed to the objects whose fields `filters` name the wanted ids. */
function list(
  kind: Kind,
  objects: (account: Account) => ReadonlyMap<string, StripeObject>,
  filters: readonly string[],
  expands: readonly string[],
): Endpoint {
  const path = `/v1/${kind}s`;
  return {
    method: "GET",
    path,
    parameters: [...LIST_PARAMETERS, ...filters],
    expands: expands.map((field) => `data.${field}`),
    answer: ({ account, livemode, form }) => {
      const wanted = filters.map((name) => [name, textOf(form, name)] as const);
      const matches = (object: StripeObject): boolean => {
        const fields = new Map<string, unknown>(Object.entries(object));
        return isLive(account, object) === livemode && wanted.every(([name, id]) => id === undefined || fields.get(name) === id);
      };
      return pageOf([...objects(account).values()].filter(matches), form, path);
    },
  };
}

/** `charge.*` covers every type that begins so. */
function covers(wanted: string, type: string): boolean {
  return wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type;
}
