// The addresses that the app asks, with what each is given and answers: one line a call.

import type {
  Action,
  AdminTopUp,
  AdminWallet,
  ApiKey,
  Cash,
  Decimal,
  Health,
  KeyWish,
  MadeKey,
  Margin,
  Me,
  Model,
  OwnSummary,
  Person,
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
  Version,
  VersionHead,
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
  "GET /users/me/turns/{id}": Route<{ readonly receipt: Receipt | null }, { readonly path: { readonly id: string } }>;
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
  "PATCH /sessions/{id}": Route<Session, { readonly path: { readonly id: string }; readonly body: { readonly title: string } }>;
  "DELETE /sessions/{id}": Route<null, { readonly path: { readonly id: string } }>;
  "GET /sessions/{id}/turns": List<"turns", Turn, PageQuery, { readonly path: { readonly id: string } }>;
  "GET /users/me/keys": List<"keys", ApiKey>;
  "POST /users/me/keys": Route<MadeKey, { readonly body: KeyWish }>;
  "PATCH /users/me/keys/{id}": Route<ApiKey, { readonly path: { readonly id: string }; readonly body: Partial<KeyWish> }>;
  "POST /users/me/keys/{id}/rotate": Route<
    MadeKey,
    { readonly path: { readonly id: string }; readonly body: { readonly overlap_seconds: number } }
  >;
  "DELETE /users/me/keys/{id}": Route<null, { readonly path: { readonly id: string } }>;
  "GET /models": Route<{ readonly models: readonly Model[] }>;
  "GET /admin/pricing": Route<Prices>;
  "PATCH /admin/pricing/{alias}": Route<
    Price,
    { readonly path: { readonly alias: string }; readonly body: { readonly multiplier: Decimal; readonly pricing_version: string } }
  >;
  "GET /admin/pricing/versions": List<"versions", VersionHead>;
  "GET /admin/pricing/versions/{version}": Route<Version, { readonly path: { readonly version: string } }>;
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
  "GET /admin/wallets/{user_id}": Route<AdminWallet, { readonly path: User }>;
  "POST /admin/wallets/{user_id}/grant": Route<
    { readonly new_balance: Decimal } | { readonly status: "proposed" },
    { readonly path: User; readonly body: { readonly amount: Decimal; readonly note?: string; readonly create?: boolean } }
  >;
  "POST /admin/wallets/{user_id}/deduct": Route<
    { readonly new_balance: Decimal },
    { readonly path: User; readonly body: { readonly amount: Decimal; readonly note: string; readonly allow_negative?: boolean } }
  >;
  "GET /admin/users": List<"users", Person, PageQuery & { readonly query?: string; readonly state?: string; readonly order?: string }>;
  "GET /admin/users/{user_id}": Route<Person, { readonly path: User }>;
  "GET /admin/users/{user_id}/transactions": List<"transactions", Transaction, PageQuery, { readonly path: User }>;
  "GET /admin/users/{user_id}/top-ups": List<"top_ups", AdminTopUp, PageQuery, { readonly path: User }>;
  "GET /admin/turns/{id}": Route<{ readonly receipt: Receipt | null }, { readonly path: { readonly id: string } }>;
  "GET /admin/cash": Route<Cash, { readonly query: { readonly from: string; readonly to: string } }>;
  "POST /admin/users/{user_id}/suspend": Route<
    { readonly suspended: boolean },
    { readonly path: User; readonly body?: { readonly reason: string } }
  >;
  "POST /admin/users/{user_id}/reactivate": Route<{ readonly suspended: boolean }, { readonly path: User }>;
  "GET /admin/actions": List<"actions", Action>;
  "GET /admin/reconciliation": Route<Reconciliation>;
  "GET /health/{name}": Route<Health, { readonly path: { readonly name: string } }>;
};
