/** What release to build. Plain data: part of a bring-up's input. */
export interface ReleaseRequest {
  /** Version to build from source. @default the newest that is tested */
  kubernetes?: string;
  /** Kubernetes built elsewhere instead: an official server tarball, or a folder with its binaries. */
  from?: string;
}

/** Stands in a spec for the release that the bring-up itself will build. */
export const unbuilt = { sha256: '0'.repeat(64), bytes: 1 } as const;

/** Whether a spec's release is still to be built: nobody knows its hash. */
export function isUnbuilt({ sha256 }: { sha256: string }): boolean {
  return sha256 === unbuilt.sha256;
}
