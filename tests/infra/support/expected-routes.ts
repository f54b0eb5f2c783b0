// What the gateway of every stage brings where.

export const ROUTES = {
  "/api/v1": "users",
  "/api/v1/{proxy+}": "users",
  "/api/v1/sessions": "turns",
  "/api/v1/sessions/{proxy+}": "turns",
  "/api/v1/admin": "admin",
  "/api/v1/admin/{proxy+}": "admin",
  "/webhooks/stripe": "stripe-webhook",
  "/webhooks/stripe/{proxy+}": "stripe-webhook",
  "/api/v1/health": "turns",
  "/api/v1/health/{proxy+}": "turns",
  "/api/v1/health/turns": "turns",
  "/api/v1/health/turns/{proxy+}": "turns",
  "/api/v1/health/users": "users",
  "/api/v1/health/users/{proxy+}": "users",
  "/api/v1/health/admin": "admin",
  "/api/v1/health/admin/{proxy+}": "admin",
  "/api/v1/health/stripe-webhook": "stripe-webhook",
  "/api/v1/health/stripe-webhook/{proxy+}": "stripe-webhook",
};
