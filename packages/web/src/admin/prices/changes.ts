// What a change of prices changes elsewhere.

/** The questions whose answers are other ones after any change of a price or a version. */
export const PRICES_CHANGE = [
  ["GET /admin/pricing"],
  ["GET /admin/pricing/versions"],
  ["GET /admin/pricing/versions/{version}"],
  ["GET /admin/actions"],
  ["GET /models"],
];
