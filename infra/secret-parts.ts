// What each part of a stage's secrets holds. A function reads `base` and what it needs beside: infra/functions.ts says which.

/** `base` is what every function needs. */
export const SECRET_PARTS = {
  base: ["DATABASE_POOL_URL", "BUILD_TOKEN", "LOG_ADDRESS_KEY"],
  identity: ["AUTH_JWT_SECRET"],
  models: ["OPENROUTER_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "DEEPSEEK_API_KEY", "TAVILY_API_KEY"],
  payments: ["STRIPE_SECRET_KEY"],
  webhook: ["STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS"],
} as const satisfies Record<string, readonly string[]>;

export type SecretPart = keyof typeof SECRET_PARTS;
