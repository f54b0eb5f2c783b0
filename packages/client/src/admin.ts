// The admins' part of the client: prices, settings, people, reports. Anybody else is refused with 403.

import type * as shapes from "@pantheon/contract/admin.ts";
import type * as booking from "@pantheon/contract/booking.ts";
import type * as account from "@pantheon/contract/account.ts";
import type * as histories from "@pantheon/contract/histories.ts";
import type * as limits from "@pantheon/contract/limits.ts";
import type * as prices from "@pantheon/contract/prices.ts";
import type * as reports from "@pantheon/contract/reports.ts";
import type { Bucket, PeopleOrder, PeopleState, ProposalState, ReversalKind, TopUpState, Window } from "@pantheon/contract/vocabulary.ts";
import { ask, listing, path, search, succeed, type Days, type PageQuery, type Sent } from "./calls.ts";
import { adminKeysClient } from "./keys.ts";
import type { CallOptions, Send } from "./transport.ts";

const ADMIN = "/api/v1/admin";

/** `from` and `to`; their older names are taken as well. */
type ReportDays = Days & { readonly from_date?: string; readonly to_date?: string };
type UsageByUserQuery = Days & PageQuery & { readonly start_date?: string; readonly end_date?: string };
type Filter = ReportDays & { readonly user_id?: string; readonly model_alias?: string };
type PeopleQuery = { readonly query?: string; readonly state?: PeopleState; readonly order?: PeopleOrder };
type NewVersion = Sent<ReturnType<typeof prices.versionCreate>>;

type ActionsQuery = Days & { readonly admin_id?: string; readonly target?: string; readonly user_id?: string };
type GrantsQuery = Days & { readonly status?: ProposalState; readonly user_id?: string };
type ReadsQuery = Days & { readonly admin_id?: string; readonly user_id?: string };
type ReversalsQuery = Days & { readonly kind?: ReversalKind; readonly user_id?: string };
type TopUpsQuery = Days & { readonly status?: TopUpState; readonly user_id?: string; readonly admin_id?: string };

export function adminClient(send: Send) {
  return {
    ...pricesClient(send),
    settings: {
      read: (more: CallOptions = {}) => ask<typeof shapes.Settings>(send, { ...more, method: "GET", path: `${ADMIN}/settings` }),
    },
    enforcement: {
      override: (enabled: boolean, more: CallOptions = {}) =>
        ask<typeof shapes.Enforcement>(send, { ...more, method: "PATCH", path: `${ADMIN}/settings/enforcement`, body: { enabled } }),
      /** Back to the stage's default. */
      reset: (more: CallOptions = {}) =>
        ask<typeof shapes.Enforcement>(send, { ...more, method: "DELETE", path: `${ADMIN}/settings/enforcement` }),
    },
    wallets: {
      read: (user: string, more: CallOptions = {}) =>
        ask<typeof shapes.AdminWallet>(send, { ...more, method: "GET", path: path`/api/v1/admin/wallets/${user}` }),
      /**
       * Once a key. Rejects with 404 when nobody of that id was ever here, unless `create` is set. Above what one admin may grant alone on a
       * day it is `proposed`, and a second admin confirms it.
       */
      grant: (user: string, grant: Sent<typeof booking.GrantCreate>, more: CallOptions = {}) =>
        ask<typeof booking.Grant | typeof booking.GrantProposed>(send, {
          ...more,
          method: "POST",
          path: path`/api/v1/admin/wallets/${user}/grant`,
          body: grant,
        }),
      /** Once a key. Rejects with 409 when less is available, unless `allow_negative` is set. */
      deduct: (user: string, deduction: Sent<typeof booking.DeductCreate>, more: CallOptions = {}) =>
        ask<typeof booking.Deduction>(send, { ...more, method: "POST", path: path`/api/v1/admin/wallets/${user}/deduct`, body: deduction }),
    },
    /** Grants that need a second admin. */
    grants: {
      ...listing<typeof booking.GrantProposalList, "grants", GrantsQuery>(send, `${ADMIN}/grants`, "grants"),
      /** Books it. Rejects with 409 for the admin who proposed it, and when it is resolved. */
      confirm: (proposal: string, more: CallOptions = {}) =>
        ask<typeof booking.Grant>(send, { ...more, method: "POST", path: path`/api/v1/admin/grants/${proposal}/confirm` }),
      /** Closes it without booking it. */
      dismiss: (proposal: string, more: CallOptions = {}) =>
        ask<typeof booking.DismissedGrant>(send, { ...more, method: "POST", path: path`/api/v1/admin/grants/${proposal}/dismiss` }),
    },
    users: {
      ...listing<typeof shapes.PersonList, "users", PeopleQuery>(send, `${ADMIN}/users`, "users"),
      read: (user: string, more: CallOptions = {}) =>
        ask<typeof shapes.PersonRead>(send, { ...more, method: "GET", path: path`/api/v1/admin/users/${user}` }),
      /** The same act as `wallets.grant`, at its second address. */
      grant: (user: string, grant: Sent<typeof booking.GrantCreate>, more: CallOptions = {}) =>
        ask<typeof booking.UserGrant | typeof booking.GrantProposed>(send, {
          ...more,
          method: "POST",
          path: path`/api/v1/admin/users/${user}/wallet/grant`,
          body: grant,
        }),
      suspend: (user: string, why: Sent<typeof shapes.SuspensionCreate> = {}, more: CallOptions = {}) =>
        ask<typeof shapes.Suspension>(send, { ...more, method: "POST", path: path`/api/v1/admin/users/${user}/suspend`, body: why }),
      limits: (user: string, more: CallOptions = {}) =>
        ask<typeof limits.LimitsInForce>(send, { ...more, method: "GET", path: path`/api/v1/admin/users/${user}/limits` }),
      /** Replaces the limits that admins set for them; of these and their own the lower counts. */
      setLimits: (user: string, limit: Sent<typeof limits.LimitsPut>, more: CallOptions = {}) =>
        ask<typeof limits.LimitsSet>(send, { ...more, method: "PUT", path: path`/api/v1/admin/users/${user}/limits`, body: limit }),
      reactivate: (user: string, more: CallOptions = {}) =>
        ask<typeof shapes.Suspension>(send, { ...more, method: "POST", path: path`/api/v1/admin/users/${user}/reactivate` }),
    },
    ...historiesClient(send),
    keys: adminKeysClient(send),
    reports: reportsClient(send),
  };
}

function historiesClient(send: Send) {
  return {
    /** Everything of one person; of their turns what they cost, and not what was said. */
    of: (user: string) => ({
      transactions: listing<typeof account.TransactionList, "transactions", Days>(
        send,
        path`/api/v1/admin/users/${user}/transactions`,
        "transactions",
      ),
      turns: listing<typeof histories.AdminTurnList, "turns", Days>(send, path`/api/v1/admin/users/${user}/turns`, "turns"),
      topUps: listing<typeof histories.AdminTopUpList, "top_ups", Days>(send, path`/api/v1/admin/users/${user}/top-ups`, "top_ups"),
    }),
    /** Anybody's turn, with the receipt of what it cost. */
    turn: (turn: string, more: CallOptions = {}) =>
      ask<typeof histories.AdminTurnRead>(send, { ...more, method: "GET", path: path`/api/v1/admin/turns/${turn}` }),
    reads: listing<typeof histories.ReadList, "reads", ReadsQuery>(send, `${ADMIN}/reads`, "reads"),
    actions: listing<typeof histories.ActionList, "actions", ActionsQuery>(send, `${ADMIN}/actions`, "actions"),
    reversals: listing<typeof histories.AdminReversalList, "reversals", ReversalsQuery>(send, `${ADMIN}/reversals`, "reversals"),
    topUps: {
      ...listing<typeof histories.AdminTopUpList, "top_ups", TopUpsQuery>(send, `${ADMIN}/top-ups`, "top_ups"),
      /** Takes a payment out of quarantine, once: 409 when it is not there any more. */
      resolve: (topUp: string, resolution: Sent<typeof shapes.ResolveCreate>, more: CallOptions = {}) =>
        ask<typeof shapes.ResolvedTopUp>(send, {
          ...more,
          method: "POST",
          path: path`/api/v1/admin/top-ups/${topUp}/resolve`,
          body: resolution,
        }),
    },
  };
}

function pricesClient(send: Send) {
  return {
    prices: {
      /** The active version's prices, what they earn, and the revision that they are true at. */
      list: (more: CallOptions = {}) => ask<typeof prices.PriceList>(send, { ...more, method: "GET", path: `${ADMIN}/pricing` }),
      /** Binds the very next turn. With `ifMatch`, rejects with 412 when anything changed since that revision. */
      patch: (alias: string, price: Sent<typeof prices.PricePatch>, more: CallOptions = {}) =>
        ask<typeof prices.PatchedPrice>(send, { ...more, method: "PATCH", path: path`/api/v1/admin/pricing/${alias}`, body: price }),
    },
    versions: {
      ...listing<typeof prices.PricingVersionList, "versions">(send, `${ADMIN}/pricing/versions`, "versions"),
      /** Whole, with what its prices would earn. */
      read: (version: string, more: CallOptions = {}) =>
        ask<typeof prices.PricingVersionRead>(send, { ...more, method: "GET", path: path`/api/v1/admin/pricing/versions/${version}` }),
      create: (version: NewVersion, more: CallOptions = {}) =>
        ask<typeof prices.PricingVersion>(send, { ...more, method: "POST", path: `${ADMIN}/pricing/versions`, body: version }),
      /** 409 before its effective date. With `ifMatch`, rejects with 412 when anything changed since that revision. */
      activate: (version: string, more: CallOptions = {}) =>
        ask<typeof prices.ActivatedVersion>(send, {
          ...more,
          method: "POST",
          path: path`/api/v1/admin/pricing/versions/${version}/activate`,
        }),
    },
  };
}

function reportsClient(send: Send) {
  return {
    summary: (query: Filter & { readonly bucket?: Bucket } = {}, more: CallOptions = {}) =>
      ask<typeof reports.UsageSummary>(send, { ...more, method: "GET", path: `${ADMIN}/usage/summary${search(query)}` }),
    /** The whole file as text. */
    exportCsv: async (query: Filter = {}, more: CallOptions = {}): Promise<string> =>
      (await succeed(send, { ...more, method: "GET", path: `${ADMIN}/usage/export.csv${search(query)}` })).text,
    usageByUser: (query: UsageByUserQuery = {}, more: CallOptions = {}) =>
      ask<typeof reports.UsageByUser>(send, { ...more, method: "GET", path: `${ADMIN}/analytics/usage${search(query)}` }),
    wouldRefuse: listing<typeof reports.WouldRefuseList, "users", Days>(send, `${ADMIN}/analytics/would-refuse`, "users"),
    activeUsers: (query: { readonly window?: Window; readonly as_of?: string } = {}, more: CallOptions = {}) =>
      ask<typeof reports.ActiveUsers>(send, { ...more, method: "GET", path: `${ADMIN}/analytics/active-users${search(query)}` }),
    margin: (query: ReportDays & { readonly bucket?: Bucket; readonly user_id?: string } = {}, more: CallOptions = {}) =>
      ask<typeof reports.Margin>(send, { ...more, method: "GET", path: `${ADMIN}/analytics/margin${search(query)}` }),
    /** Of the last 30 days unless told otherwise. */
    cash: (query: Days = {}, more: CallOptions = {}) =>
      ask<typeof reports.Cash>(send, { ...more, method: "GET", path: `${ADMIN}/cash${search(query)}` }),
    reconciliation: (more: CallOptions = {}) =>
      ask<typeof reports.Reconciliation>(send, { ...more, method: "GET", path: `${ADMIN}/reconciliation` }),
  };
}
