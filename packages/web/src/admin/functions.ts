// The functions that have a health address.

export const HEALTH_OF = ["turns", "users", "admin", "stripe-webhook"] as const;
