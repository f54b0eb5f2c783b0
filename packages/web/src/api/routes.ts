// The addresses that the app asks, with what each is given and answers: one line a call.

import type {
  Action,
  AdminTopUp,
  Decimal,
  Health,
  Margin,
  Me,
  OwnSummary,
  PayableTopUp,
  Price,
  Prices,
  PricingVersion,
  Receipt,
  Reconciliation,
  Session,
  Settings,
  StartedTopUp,
  Summary,
  TopUp,
  TopUpStatus,
  Transaction,
  Turn,
  UsageEvent,
  UserUsage,
  Wallet,
} from "./shapes.ts";

type Page<Name extends string, Row> = { readonly [key in Name]: readonly Row[] } & {
  readonly total: number;
  readonly next_cursor: string | null;
};
type PageQuery = { readonly limit?: number; readonly cursor?: string };

type Days = { readonly from_date?: string; readonly to_date?: string };
type User = { readonly user_id: string };
type Route<Answer, Given = object> = { readonly answer: Answer; readonly given: Given };
type List<Name extends string, Row, Query = PageQuery, Given = object> = Route<Page<Name, Row>, Given & { readonly query?: Query }>;

/** Every call, by its method and address under `/api/v1`. */
export type Routes = {
  "GET /auth/me": Route<Me>;
  "GET /users/me/wallet": Route<Wallet & { readonly low_balance: boolean }>;
  "GET /users/me/usage": List<"events", UsageEvent>;
  "GET /users/me/usage/summary": Route<
    OwnSummary,
    { readonly query: { readonly from: string; readonly to: string; readonly group_by?: "model" | "day,model" } }
  >;
  "GET /users/me/transactions": List<"transactions", Transaction>;
  "GET /users/me/transactions/{id}/receipt": Route<Receipt, { readonly path: { readonly id: string } }>;
  "POST /users/me/wallet/top-up": Route<StartedTopUp, { readonly body: { readonly amount_usd: Decimal } }>;
  "GET /users/me/wallet/top-ups": List<"top_ups", TopUp>;
  "GET /users/me/wallet/top-ups/{id}": Route<PayableTopUp, { readonly path: { readonly id: string } }>;
  "DELETE /users/me/wallet/top-ups/{id}": Route<TopUp, { readonly path: { readonly id: string } }>;
  "POST /sessions": Route<
    Session,
    { readonly body: { readonly title?: string; readonly model_alias?: string; readonly system_prompt?: string } }
  >;
  "GET /sessions": List<"sessions", Session>;
  "GET /sessions/{id}": Route<Session, { readonly path: { readonly id: string } }>;
  "DELETE /sessions/{id}": Route<null, { readonly path: { readonly id: string } }>;
  "GET /sessions/{id}/turns": List<"turns", Turn, PageQuery, { readonly path: { readonly id: string } }>;
  "POST /sessions/{id}/turns": Route<
    Turn,
    { readonly path: { readonly id: string }; readonly body: { readonly message: string; readonly model_alias_override?: string } }
  >;
  "GET /admin/pricing": Route<Prices>;
  "PATCH /admin/pricing/{alias}": Route<
    Price,
    { readonly path: { readonly alias: string }; readonly body: { readonly multiplier: Decimal; readonly pricing_version: string } }
  >;
  "POST /admin/pricing/versions": Route<
    PricingVersion,
    {
      readonly body: {
        readonly version: string;
        readonly label: string;
        readonly effective_date: string;
        readonly items?: readonly { readonly model_alias: string; readonly multiplier: Decimal }[];
      };
    }
  >;
  "POST /admin/pricing/versions/{version}/activate": Route<PricingVersion, { readonly path: { readonly version: string } }>;
  "GET /admin/settings": Route<Settings>;
  "PATCH /admin/settings/enforcement": Route<unknown, { readonly body: { readonly enabled: boolean } }>;
  "DELETE /admin/settings/enforcement": Route<unknown>;
  "GET /admin/usage/summary": Route<Summary, { readonly query?: Days & { readonly user_id?: string; readonly bucket?: "day" } }>;
  "GET /admin/analytics/usage": Route<
    { readonly rows: readonly UserUsage[]; readonly total: number },
    { readonly query?: { readonly start_date?: string; readonly end_date?: string; readonly limit?: number } }
  >;
  "GET /admin/analytics/active-users": Route<
    { readonly active_users: number; readonly new_users: number },
    { readonly query?: { readonly window?: "day" | "week" | "month"; readonly as_of?: string } }
  >;
  "GET /admin/analytics/margin": Route<Margin, { readonly query?: Days & { readonly bucket?: "day" } }>;
  "GET /admin/top-ups": List<"top_ups", AdminTopUp, PageQuery & { readonly status?: TopUpStatus }>;
  "GET /admin/wallets/{user_id}": Route<Wallet & { readonly recent_transactions: readonly Transaction[] }, { readonly path: User }>;
  "POST /admin/wallets/{user_id}/grant": Route<
    { readonly new_balance: Decimal; readonly transaction_id: string },
    { readonly path: User; readonly body: { readonly amount: Decimal; readonly note?: string; readonly create?: boolean } }
  >;
  "POST /admin/users/{user_id}/suspend": Route<{ readonly suspended: boolean }, { readonly path: User }>;
  "POST /admin/users/{user_id}/reactivate": Route<{ readonly suspended: boolean }, { readonly path: User }>;
  "GET /admin/actions": List<"actions", Action>;
  "GET /admin/reconciliation": Route<Reconciliation>;
  "GET /health/{name}": Route<Health, { readonly path: { readonly name: string } }>;
};
