// Every way the stand-in refuses a request, with the status, type and code that Stripe documents. The sentences are ours.

type RefusalBody = {
  readonly type: "invalid_request_error" | "card_error" | "idempotency_error" | "api_error";
  readonly code?: string;
  readonly message: string;
  readonly param?: string;
  /** More members of the error object: a decline code, the payment intent. */
  readonly more?: Readonly<Record<string, unknown>>;
};

export class StripeRefusal extends Error {
  readonly status: number;
  readonly body: RefusalBody;
  /** True when the request was refused before it began: an idempotency key is not used up by it. */
  readonly unbegun: boolean;

  constructor(status: number, body: RefusalBody, { unbegun = false } = {}) {
    super(body.message);
    this.name = "StripeRefusal";
    this.status = status;
    this.body = body;
    this.unbegun = unbegun;
  }
}

/** A parameter that is unknown, missing or wrong; the request has not begun. */
export function badParameter(param: string, code: string | null, message: string): StripeRefusal {
  return new StripeRefusal(400, { type: "invalid_request_error", ...(code !== null && { code }), message, param }, { unbegun: true });
}

/** An object that does not exist for this key: 404 when the address names it, 400 when a parameter does. */
export function missing(kind: string, id: string, param: string, status: 400 | 404): StripeRefusal {
  return new StripeRefusal(
    status,
    { type: "invalid_request_error", code: "resource_missing", message: `There is no ${kind} '${id}'.`, param },
    { unbegun: true },
  );
}

/** Something that the object's state does not allow. */
export function notNow(code: string, message: string, more: Readonly<Record<string, unknown>> = {}): StripeRefusal {
  return new StripeRefusal(400, { type: "invalid_request_error", code, message, more });
}

/** A failure of a given status, as an admin of the stand-in asked for it. */
export function injected(status: number): StripeRefusal {
  const type = status < 500 ? "invalid_request_error" : "api_error";
  return new StripeRefusal(
    status,
    { type, ...(status === 429 && { code: "rate_limit" }), message: "The stand-in was told to fail." },
    { unbegun: status !== 500 },
  );
}
