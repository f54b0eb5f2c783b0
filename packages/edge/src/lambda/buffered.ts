// One application behind a Lambda that answers at once: the whole response becomes one result, as an HTTP API and a function URL take it.
// Whatever arrives is answered: an event that made the adapter throw would be a failure without a problem document.

import { isUtf8 } from "node:buffer";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { answerTo, headOf, withAppOf, type App, type LambdaContext, type WithApp } from "./event.ts";

export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<APIGatewayProxyStructuredResultV2>;

/** The handler of a function. */
export function lambdaHandler(app: App | WithApp): LambdaHandler {
  const withApp = withAppOf(app);
  return (event, context) => withApp(async (current) => resultOf(await answerTo(current, event, context)));
}

/** Text stays text; bytes that are no UTF-8 travel as base64. */
async function resultOf(response: Response): Promise<APIGatewayProxyStructuredResultV2> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = isUtf8(bytes);
  return { ...headOf(response), body: bytes.toString(text ? "utf8" : "base64"), isBase64Encoded: !text };
}
