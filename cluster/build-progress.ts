/** What the activity `buildRelease` tells with each heartbeat. */
export interface BuildProgress {
  /** Latest line of the build. */
  line: string;
  /** Number of lines so far. */
  lines: number;
}
