// The addresses that the app asks, with what each is given and answers: one line a call.

import type { AdminRoutes } from "./admin-routes.ts";
import type {
  ApiKey,
  DataRecord,
  Decimal,
  ErasedData,
  Health,
  KeyWish,
  Limits,
  LimitsInForce,
  MadeKey,
  Me,
  Model,
  OwnSummary,
  PayableTopUp,
  Receipt,
  Session,
  SessionFile,
  StartedTopUp,
  Tool,
  TopUp,
  Transaction,
  Turn,
  UsageEvent,
  Wallet,
} from "./shapes.ts";

type Page<Name extends string, Row> = { readonly [key in Name]: readonly Row[] } & {
  readonly total: number;
  readonly next_cursor: string | null;
};
export type PageQuery = { readonly limit?: number; readonly cursor?: string };

export type Days = { readonly from_date?: string; readonly to_date?: string };
/** Days of UTC, both included. */
export type Dates = { readonly from?: string; readonly to?: string };
export type User = { readonly user_id: string };
export type Route<Answer, Given = object> = { readonly answer: Answer; readonly given: Given };
export type List<Name extends string, Row, Query = PageQuery, Given = object> = Route<Page<Name, Row>, Given & { readonly query?: Query }>;

/** Every call, by its method and address under `/api/v1`. */
export type Routes = AdminRoutes & {
  "GET /auth/me": Route<Me>;
  "GET /users/me/wallet": Route<Wallet & { readonly low_balance: boolean }>;
  "GET /users/me/usage": List<"events", UsageEvent>;
  "GET /users/me/usage/summary": Route<
    OwnSummary,
    { readonly query: { readonly from: string; readonly to: string; readonly group_by?: "model" | "day,model" | "key" | "day,key" } }
  >;
  "GET /users/me/transactions": List<"transactions", Transaction, PageQuery & Dates>;
  "GET /users/me/transactions/{id}/receipt": Route<Receipt, { readonly path: { readonly id: string } }>;
  "GET /users/me/turns/{id}": Route<{ readonly receipt: Receipt | null }, { readonly path: { readonly id: string } }>;
  "POST /users/me/wallet/top-up": Route<StartedTopUp, { readonly body: { readonly amount_usd: Decimal } }>;
  "GET /users/me/wallet/top-ups": List<"top_ups", TopUp>;
  "GET /users/me/wallet/top-ups/{id}": Route<PayableTopUp, { readonly path: { readonly id: string } }>;
  "DELETE /users/me/wallet/top-ups/{id}": Route<TopUp, { readonly path: { readonly id: string } }>;
  "POST /sessions": Route<
    Session,
    {
      readonly body: {
        readonly title?: string;
        readonly model_alias?: string;
        readonly system_prompt?: string;
        readonly tools?: readonly Tool[];
      };
    }
  >;
  "GET /sessions": List<"sessions", Session>;
  "GET /sessions/{id}": Route<Session, { readonly path: { readonly id: string } }>;
  "PATCH /sessions/{id}": Route<
    Session,
    {
      readonly path: { readonly id: string };
      readonly body: { readonly title?: string; readonly model_alias?: string; readonly tools?: readonly Tool[] };
    }
  >;
  "DELETE /sessions/{id}": Route<null, { readonly path: { readonly id: string } }>;
  "GET /sessions/{id}/turns": List<"turns", Turn, PageQuery & { readonly texts?: "whole" }, { readonly path: { readonly id: string } }>;
  "GET /sessions/{id}/files": List<"files", SessionFile, PageQuery, { readonly path: { readonly id: string } }>;
  "DELETE /sessions/{id}/files/{file}": Route<null, { readonly path: { readonly id: string; readonly file: string } }>;
  "GET /users/me/keys": List<"keys", ApiKey>;
  "POST /users/me/keys": Route<MadeKey, { readonly body: KeyWish }>;
  "PATCH /users/me/keys/{id}": Route<ApiKey, { readonly path: { readonly id: string }; readonly body: Partial<KeyWish> }>;
  "POST /users/me/keys/{id}/rotate": Route<
    MadeKey,
    { readonly path: { readonly id: string }; readonly body: { readonly overlap_seconds: number } }
  >;
  "DELETE /users/me/keys/{id}": Route<null, { readonly path: { readonly id: string } }>;
  "GET /users/me/limits": Route<LimitsInForce>;
  "PUT /users/me/limits": Route<unknown, { readonly body: Limits }>;
  "GET /users/me/data": Route<
    { readonly records: readonly DataRecord[]; readonly next_cursor: string | null },
    { readonly query: { readonly limit: number; readonly cursor?: string } }
  >;
  "DELETE /users/me/data": Route<ErasedData>;
  "GET /models": Route<{ readonly models: readonly Model[] }>;
  "GET /health/{name}": Route<Health, { readonly path: { readonly name: string } }>;
};
