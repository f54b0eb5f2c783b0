// One application behind a function URL that streams: status, headers and cookies go first, then the body as it is produced, as fast as
// its reader takes it. What the runtime offers for this are globals of its own, typed here as far as they are used.

import type { Log } from "@pantheon/core/log.ts";
import { answerTo, headOf, withAppOf, type App, type LambdaContext, type WithApp } from "./event.ts";

/** Where the runtime takes a response: what of a Writable it hands over. */
export type ResponseStream = Pick<NodeJS.WritableStream, "write" | "end" | "on" | "once" | "off">;

export type StreamHandler = (event: unknown, out: ResponseStream, context: LambdaContext) => Promise<void>;

type Runtime = {
  /** Marks a handler as one that streams. */
  streamifyResponse(handler: StreamHandler): StreamHandler;
  /** A stream that sends the head before the first chunk. */
  HttpResponseStream: { from(out: ResponseStream, head: object): ResponseStream };
};

declare const awslambda: Runtime;

/** The handler of a function behind a streaming URL. `log` hears of a body that broke off. */
export function streamHandler(app: App | WithApp, log: Log): StreamHandler {
  const withApp = withAppOf(app);
  return awslambda.streamifyResponse((event, out, context) =>
    withApp(async (current) => {
      const response = await answerTo(current, event, context);
      const stream = awslambda.HttpResponseStream.from(out, headOf(response));
      stream.write(NOTHING); // the head goes out now, also before a body that takes its time or that is empty
      await send(response.body, stream, log, context.awsRequestId);
    }),
  );
}

const NOTHING = new Uint8Array(0);

/**
 * Passes the body on. A reader that left does not end the application's own work: the body is told, and what it still does is waited for
 * (event-stream.ts). A body that fails leaves the response without its end, so that its reader sees it broken.
 */
async function send(body: ReadableStream<Uint8Array> | null, out: ResponseStream, log: Log, requestId: string): Promise<void> {
  let isLeft = false;
  for (const event of ["error", "close"]) out.on(event, () => (isLeft = true));
  try {
    for await (const chunk of body ?? []) {
      if (!isLeft && !out.write(chunk)) await roomIn(out);
      if (isLeft) break; // this cancels the body, and waits for what that does
    }
  } catch (error) {
    log.error("An answer broke off.", { request_id: requestId, error: error instanceof Error ? error.name : typeof error });
    throw new BrokenAnswer("The answer broke off.");
  }
  if (!isLeft) out.end();
}

/**
 * What the handler ends with when its response is broken. The runtime has no other way to say so to whoever reads: it turns it into the
 * trailer of a failed response and goes on, while a stream that is destroyed ends the whole process. It quotes nothing, since it is logged.
 */
class BrokenAnswer extends Error {
  override readonly name = "BrokenAnswer";
}

/** Resolves when the stream takes more, or nothing any more. */
async function roomIn(out: ResponseStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ["drain", "error", "close"];
  for (const event of events) out.once(event, resolve);
  await promise;
  for (const event of events) out.off(event, resolve);
}
