/** Heartbeat details of the activity `uploadRelease`: what the command line shows as progress. */
export interface UploadProgress {
  bytesDone: number;
  bytesTotal: number;
  /** Number of segments that are in the container, verified by their MD5. */
  segments: number;
}
