/** Names an extraction's activity, so that who watches the account knows whose it is. Unique among those that run. */
export function extractionId(stream: string, from: number, to: number): string {
  return `extract/${stream}/${from}-${to}`;
}

/** The stream of an extraction's activity; undefined for other activities. */
export function streamOfExtraction(activityId: string): string | undefined {
  return /^extract\/([^/]+)\//.exec(activityId)?.[1];
}
