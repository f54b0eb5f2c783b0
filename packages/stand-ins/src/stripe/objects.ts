// The objects of Stripe's API as the stand-in keeps and sends them, in Stripe's own field names. An object is never changed, only replaced,
// so an event carries what was true when it happened. Amounts are integers of the currency's smallest unit, as they are on Stripe's wire.

export type Metadata = Readonly<Record<string, string>>;

export type PaymentIntentStatus =
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_action"
  | "processing"
  | "succeeded"
  | "canceled";

export type PaymentError = {
  readonly type: "card_error";
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
  readonly charge: string;
};

export type PaymentIntent = {
  readonly id: string;
  readonly object: "payment_intent";
  readonly amount: number;
  readonly amount_capturable: 0;
  readonly amount_received: number;
  readonly application: null;
  readonly application_fee_amount: null;
  readonly automatic_payment_methods: { readonly enabled: true; readonly allow_redirects: "always" | "never" } | null;
  readonly canceled_at: number | null;
  readonly cancellation_reason: string | null;
  readonly capture_method: "automatic";
  readonly client_secret: string;
  readonly confirmation_method: "automatic";
  readonly created: number;
  readonly currency: string;
  readonly customer: null;
  readonly description: string | null;
  readonly last_payment_error: PaymentError | null;
  readonly latest_charge: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly next_action: { readonly type: "use_stripe_sdk" } | null;
  readonly payment_method: string | null;
  readonly payment_method_types: readonly string[];
  readonly receipt_email: string | null;
  readonly status: PaymentIntentStatus;
};

export type Charge = {
  readonly id: string;
  readonly object: "charge";
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly captured: boolean;
  readonly created: number;
  readonly currency: string;
  readonly customer: null;
  readonly description: string | null;
  readonly disputed: boolean;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly paid: boolean;
  readonly payment_intent: string;
  readonly payment_method: string | null;
  readonly refunded: boolean;
  readonly status: "succeeded" | "failed";
};

export type RefundStatus = "pending" | "succeeded" | "failed" | "canceled";

export type Refund = {
  readonly id: string;
  readonly object: "refund";
  readonly amount: number;
  readonly balance_transaction: null;
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  readonly failure_reason?: string;
  readonly metadata: Metadata;
  readonly payment_intent: string;
  readonly reason: string | null;
  readonly receipt_number: null;
  readonly status: RefundStatus;
};

export type DisputeStatus = "needs_response" | "under_review" | "won" | "lost" | "warning_needs_response" | "warning_closed";

export type BalanceTransaction = {
  readonly id: string;
  readonly object: "balance_transaction";
  readonly amount: number;
  readonly created: number;
  readonly currency: string;
  readonly fee: number;
  readonly net: number;
  readonly reporting_category: "dispute" | "dispute_reversal";
  readonly type: "adjustment";
};

export type Dispute = {
  readonly id: string;
  readonly object: "dispute";
  readonly amount: number;
  readonly balance_transactions: readonly BalanceTransaction[];
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  readonly is_charge_refundable: boolean;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly payment_intent: string;
  readonly reason: string;
  readonly status: DisputeStatus;
};

export type EventType =
  | `payment_intent.${"created" | "processing" | "requires_action" | "succeeded" | "payment_failed" | "canceled"}`
  | `charge.${"succeeded" | "failed" | "refunded"}`
  | `refund.${"created" | "updated" | "failed"}`
  | `charge.dispute.${"created" | "updated" | "funds_withdrawn" | "funds_reinstated" | "closed"}`;

/** Who caused an event: a request to the API, or, with nulls, something that happened by itself. */
export type EventRequest = { readonly id: string | null; readonly idempotency_key: string | null };

export type StripeEvent = {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: PaymentIntent | Charge | Refund | Dispute };
  readonly livemode: boolean;
  readonly pending_webhooks: number;
  readonly request: EventRequest;
  readonly type: EventType;
};

export type StripeObject = PaymentIntent | Charge | Refund | Dispute | StripeEvent;
