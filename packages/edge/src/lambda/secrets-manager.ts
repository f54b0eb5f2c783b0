// AWS Secrets Manager: the only import of its SDK, which is loaded by the first question.

import type { GetSecretValueCommandOutput } from "@aws-sdk/client-secrets-manager";

/** The text of a secret. Rejects with the SDK's error, or when it took too long. */
export type FetchSecret = (secretId: string) => Promise<string>;

const TIMEOUT_MS = 3_000;
const ATTEMPTS = 2;

/** Asks over a connection of its own: one that was kept may have died while the container was frozen. */
export const fetchSecret: FetchSecret = async (secretId) => {
  const { SecretsManagerClient, GetSecretValueCommand } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({ maxAttempts: ATTEMPTS });
  try {
    const command = new GetSecretValueCommand({ SecretId: secretId });
    return textOf(await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) }));
  } finally {
    client.destroy();
  }
};

/** A secret of bytes is none that anybody wrote for a function; it is then no JSON object either. */
function textOf({ SecretString }: GetSecretValueCommandOutput): string {
  return SecretString ?? "";
}
