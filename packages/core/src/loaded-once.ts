// Modules that no cold start waits for: read by the first who needs them, and at hand from then on.

/** Gives what `load` loads, which is asked once: each further import() of a module that is there would cost a tenth of a millisecond. */
export function loadedOnce<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let loading: Promise<Module> | null = null;
  return () =>
    (loading ??= load().catch((error: unknown) => {
      loading = null; // whoever comes next tries again
      throw error;
    }));
}
