// Object storage as the product sees it: bytes under a key, put by us or by whoever is given an address for it. Knows no provider.

/** What files lie in. Everything rejects with `storage_unavailable` when the storage is away. */
export type FileStorage = {
  /** Puts bytes there, and replaces what was there before. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** An address that takes exactly so many bytes for this key, once or more, until it expires. */
  address(key: string, sizeBytes: number): Promise<UploadAddress>;
  /** The bytes; `missing` where there are none, and `too_large` for more than `maxBytes`, of which none are read. */
  read(key: string, maxBytes: number): Promise<Uint8Array | "missing" | "too_large">;
  /** Removes what is there, if anything is. */
  remove(key: string): Promise<void>;
};

export type UploadAddress = { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly expiresAt: Date };

/** Where the bytes of a file lie. The name that somebody gave a file is no part of it. */
export function storageKeyOf(file: string): string {
  return `${STORAGE_PREFIX}${file}`;
}

/** All keys begin with it. */
export const STORAGE_PREFIX = "files/";
