// S3: the only import of its SDK, which is loaded by the first file. One client a container.

import type { S3Client } from "@aws-sdk/client-s3";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import type { Config } from "../config/config.ts";
import { errorName, type Log } from "../log.ts";
import type { FileStorage } from "./storage.ts";

const TIMEOUT_MS = 15_000;
const ATTEMPTS = 3;
const ADDRESS_SECONDS = 15 * 60;

type S3Deps = { readonly config: Pick<Config, "files">; readonly log: Log; readonly clock: Clock };

/** The storage of this container; null where no bucket is configured. Loads and connects nothing yet. */
export function createS3Storage({ config, log, clock }: S3Deps): FileStorage | null {
  const { bucket, storageUrl } = config.files;
  if (bucket === null) return null;
  let loading: Promise<{ client: S3Client; sdk: Sdk }> | null = null;
  const loaded = () => (loading ??= load(storageUrl));
  const asked = async <T>(ask: (parts: { client: S3Client; sdk: Sdk }, abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    const parts = await loaded();
    return ask(parts, AbortSignal.timeout(TIMEOUT_MS)).catch((error: unknown) => {
      log.error("The storage failed.", { error: errorName(error) });
      throw new DomainError("storage_unavailable", "Files cannot be stored or read right now.", { retryAfter: 2, cause: error });
    });
  };
  return {
    put: async (key, bytes) => {
      await asked(({ client, sdk }, abortSignal) =>
        client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }), { abortSignal }),
      );
    },
    address: async (key, sizeBytes) => {
      const expiresAt = new Date(clock() + ADDRESS_SECONDS * 1_000);
      const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
      const url = await asked(({ client, sdk }) => {
        const command = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, ContentLength: sizeBytes });
        // The size is signed: other bytes than were announced are refused by the storage itself.
        return getSignedUrl(client, command, { expiresIn: ADDRESS_SECONDS, signableHeaders: new Set(["content-length", "host"]) });
      });
      return { url, headers: {}, expiresAt };
    },
    read: (key, maxBytes) =>
      asked(async ({ client, sdk }, abortSignal) => {
        try {
          const { Body, ContentLength = 0 } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
          if (ContentLength <= maxBytes && Body) return await Body.transformToByteArray();
          (Body as { destroy?: () => void } | undefined)?.destroy?.();
          return Body ? "too_large" : "missing";
        } catch (error) {
          if (error instanceof sdk.NoSuchKey) return "missing";
          throw error;
        }
      }),
    remove: async (key) => {
      await asked(({ client, sdk }, abortSignal) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }),
      );
    },
  };
}

type Sdk = typeof import("@aws-sdk/client-s3");

/** A stand-in has one address for all buckets, and takes any key. */
async function load(storageUrl: string | null): Promise<{ client: S3Client; sdk: Sdk }> {
  const sdk = await import("@aws-sdk/client-s3");
  const standIn = storageUrl !== null && {
    endpoint: storageUrl,
    forcePathStyle: true,
    region: "us-east-1",
    credentials: { accessKeyId: "stand-in", secretAccessKey: "stand-in" },
  };
  // The checksum that the SDK would add by itself is of the empty body that an address is signed with: it would refuse every upload.
  const client = new sdk.S3Client({ maxAttempts: ATTEMPTS, requestChecksumCalculation: "WHEN_REQUIRED", ...standIn });
  return { client, sdk };
}
