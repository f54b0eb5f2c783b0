// The functions that have a health address.

export const HEALTH_OF = ["turns", "files", "users", "admin", "completions", "stripe-webhook"] as const;
