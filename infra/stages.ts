// What differs between stages. Owns nothing that a function reads at run time: that is infra/settings.ts.

/** Days that lines are kept, in the words of the platform. */
type Retention = "1 week" | "1 month" | "1 year";

export type StageOptions = {
  /** What holds data outlives its removal from the configuration, and the stage itself cannot be removed. */
  readonly kept: boolean;
  /** A deploy must say which commit it is. */
  readonly commitRequired: boolean;
  readonly retention: Retention;
  /** The whole API's requests per second, and how many may come at once. Above them the gateway answers 429. */
  readonly throttling: { readonly rate: number; readonly burst: number };
  /** Who may call the admin function's own URL: anyone, our token decides (`none`), or signed AWS requests only (`iam`). */
  readonly adminUrl: "none" | "iam";
  /**
   * How many of a function may run at once, where that is limited: jobs wait for each other (the sweep for none but itself), a URL has no throttling but this, and what
   * anybody may post to without a token must not take the others' place. An account that is too new to reserve any has to ask AWS first.
   */
  readonly reserved: Readonly<
    Record<"turns-stream" | "admin-stream" | "completions" | "stripe-webhook", number> &
      Partial<Record<"maintenance" | "maintenance-sweep", number>>
  >;
  /** Requests from one address in five minutes, above which CloudFront refuses it; null: there is no CloudFront in front. */
  readonly perAddress: number | null;
  /** Credits that admins grant in an hour, all together, from which on somebody is told. */
  readonly grantedPerHour: number;
  /** Whether secrets, logs and alarms are encrypted with a key of the stage's own instead of AWS's. */
  readonly ownKey: boolean;
};

/** The options of a stage; one that has no name here is somebody's own, or a preview, and like `dev`. */
export function stageOptions(stage: string): StageOptions {
  return NAMED.get(stage) ?? DEV;
}

const DEV: StageOptions = {
  kept: false,
  commitRequired: false,
  retention: "1 week",
  throttling: { rate: 20, burst: 40 },
  adminUrl: "none",
  reserved: { "turns-stream": 5, "admin-stream": 1, completions: 5, "stripe-webhook": 2 },
  perAddress: null,
  grantedPerHour: 10_000,
  ownKey: false,
};

const STAGING: StageOptions = {
  kept: false,
  commitRequired: true,
  retention: "1 month",
  throttling: { rate: 100, burst: 200 },
  adminUrl: "none",
  reserved: { maintenance: 1, "maintenance-sweep": 1, "turns-stream": 20, "admin-stream": 2, completions: 20, "stripe-webhook": 10 },
  perAddress: 2_000,
  grantedPerHour: 10_000,
  ownKey: false,
};

const PRODUCTION: StageOptions = {
  kept: true,
  commitRequired: true,
  retention: "1 year",
  throttling: { rate: 500, burst: 1000 },
  adminUrl: "none",
  reserved: { maintenance: 1, "maintenance-sweep": 1, "turns-stream": 200, "admin-stream": 5, completions: 200, "stripe-webhook": 50 },
  perAddress: 2_000,
  grantedPerHour: 10_000,
  ownKey: false,
};

const NAMED: ReadonlyMap<string, StageOptions> = new Map([
  ["dev", DEV],
  ["staging", STAGING],
  ["production", PRODUCTION],
]);
