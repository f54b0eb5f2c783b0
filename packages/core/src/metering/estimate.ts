// Tokens as they are guessed from what was sent and received, for a provider that does not report them. Pure.

/** What an answer consisted of, as far as it came. */
export type Received = {
  readonly text: string;
  /** Octets of reasoning: it is output, though nobody reads it. */
  readonly reasoningOctets: number;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
};

/** Whole tokens of a prompt of so many octets, rounded up. */
export function inputEstimate(octets: number, octetsPerToken: number): number {
  return Math.ceil(octets / octetsPerToken);
}

/** Whole tokens of an answer, rounded up: its text, its reasoning, and the tool calls that it asked for. */
export function outputEstimate({ text, reasoningOctets, toolCalls }: Received, octetsPerToken: number): number {
  const called = toolCalls.reduce((sum, call) => sum + Buffer.byteLength(call.name) + Buffer.byteLength(call.arguments), 0);
  return Math.ceil((Buffer.byteLength(text) + reasoningOctets + called) / octetsPerToken);
}
