// The addresses that only admins may ask, with what each is given and answers: one line a call.

import type { Days, Dates, List, PageQuery, Route, User } from "./routes.ts";
import type {
  Action,
  AdminKey,
  AdminRead,
  AdminTopUp,
  AdminWallet,
  Cash,
  Decimal,
  Limits,
  LimitsInForce,
  Margin,
  Person,
  Price,
  Prices,
  PricingVersion,
  Proposal,
  ProposalState,
  Receipt,
  Reconciliation,
  ResolvedTopUp,
  ResolveWish,
  Reversal,
  Settings,
  Summary,
  TopUpStatus,
  Transaction,
  UserUsage,
  Version,
  VersionHead,
  WouldRefuse,
} from "./shapes.ts";

/** By method and address under `/api/v1`. */
export type AdminRoutes = {
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
  "GET /admin/analytics/margin": Route<Margin, { readonly query?: Days & { readonly bucket?: "day"; readonly user_id?: string } }>;
  "GET /admin/grants": List<"grants", Proposal, PageQuery & { readonly status?: ProposalState }>;
  "POST /admin/grants/{id}/confirm": Route<
    { readonly user_id: string; readonly new_balance: Decimal },
    { readonly path: { readonly id: string } }
  >;
  "POST /admin/grants/{id}/dismiss": Route<unknown, { readonly path: { readonly id: string } }>;
  "GET /admin/reversals": List<"reversals", Reversal, PageQuery & Dates & { readonly kind?: Reversal["kind"]; readonly user_id?: string }>;
  "GET /admin/analytics/would-refuse": List<"users", WouldRefuse, PageQuery & Dates>;
  "GET /admin/keys": List<"keys", AdminKey, PageQuery & { readonly user_id?: string }>;
  "DELETE /admin/keys/{id}": Route<null, { readonly path: { readonly id: string } }>;
  "GET /admin/users/{user_id}/limits": Route<LimitsInForce, { readonly path: User }>;
  "PUT /admin/users/{user_id}/limits": Route<unknown, { readonly path: User; readonly body: Limits }>;
  "POST /admin/top-ups/{id}/resolve": Route<ResolvedTopUp, { readonly path: { readonly id: string }; readonly body: ResolveWish }>;
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
  "GET /admin/actions": List<
    "actions",
    Action,
    PageQuery & Dates & { readonly admin_id?: string; readonly target?: string; readonly user_id?: string }
  >;
  "GET /admin/reads": List<"reads", AdminRead, PageQuery & Dates & { readonly admin_id?: string; readonly user_id?: string }>;
  "GET /admin/reconciliation": Route<Reconciliation>;
};
