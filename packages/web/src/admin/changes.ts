// What an operator's acts on a person change elsewhere.

/** The questions whose answers are other ones after credits came or went. */
export const MONEY_CHANGE = [
  ["GET /admin/wallets/{user_id}"],
  ["GET /admin/users"],
  ["GET /admin/users/{user_id}"],
  ["GET /admin/users/{user_id}/transactions"],
  ["GET /admin/actions"],
  ["GET /admin/grants"],
  ["GET /admin/analytics/margin"],
];
