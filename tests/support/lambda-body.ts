// A body of so many chunks, each made when it is asked for.

/** 64 KiB, which is a sixteenth of a MiB. */
export const CHUNK = 64 * 1_024;

/** `onMade` is told how many chunks there are, before each goes out; what it throws breaks the body. */
export function sourceOf(chunks: number, onMade: (made: number) => void): ReadableStream<Uint8Array> {
  let made = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise(setImmediate);
      if (made === chunks) return controller.close();
      made += 1;
      onMade(made);
      controller.enqueue(new Uint8Array(CHUNK).fill(made % 256));
    },
  });
}
