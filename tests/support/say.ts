// The figures of a race are a part of its result: one line of them in the output of the run.

export function say(line: string): void {
  console.info(line); // oxlint-disable-line no-console
}
