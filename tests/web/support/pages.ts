// The addresses of every page, with data where a world is lived in. SESSION stands for the conversation's id.

export const ACCOUNT_PAGES: readonly string[] = [
  "/",
  "/usage",
  "/transactions",
  "/top-up",
  "/keys",
  "/limits",
  "/data",
  "/playground",
  "/playground/SESSION",
];

export const OPERATOR_PAGES: readonly string[] = [
  "/operator",
  "/operator/people",
  "/operator/people/ada",
  "/operator/keys",
  "/operator/grants",
  "/operator/prices",
  "/operator/prices/2026-02-20",
  "/operator/enforcement",
  "/operator/payments",
  "/operator/payments?show=reversals",
  "/operator/cash",
  "/operator/audit",
  "/operator/audit?show=reads",
  "/operator/health",
];
