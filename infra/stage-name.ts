// How a thing is named on AWS: by application, stage and what it is, so that two stages in one account never meet.

/** `pantheon-staging`, or `pantheon-staging-<part>`. */
export function stageName(part?: string): string {
  return [$app.name, $app.stage, part].filter((piece) => piece !== undefined).join("-");
}
