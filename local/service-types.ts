/** Takes one line of progress; where it goes is the caller's business (the command line: stderr). */
export type Log = (line: string) => void;

export interface TemporalEndpoint {
  /** `host:port` of the gRPC frontend. */
  address: string;
  /** Base URL of the web interface; empty when it is not known. */
  ui: string;
  namespace: string;
  /** Whether kubeup started it. If not, how to connect (TLS, API key) is in the environment or profile. */
  embedded: boolean;
}

export interface LocalCloudEndpoint {
  /** The `OS_*` variables with which kubeup and the OpenStack clients reach it. Hold its password. */
  env: Record<string, string>;
  authUrl: string;
  pid: number;
}

/** The account a background worker serves, as far as one needs to know to run it. */
export interface WorkerAccount {
  /** Names the worker, its task queue and its record. */
  accountId: string;
  /** Changes when any credential does; tells nothing about them. */
  fingerprint: string;
}

/** What runs in the background for one home; `null` is what does not. */
export interface ServicesStatus {
  temporal: { address: string; ui: string; pid: number } | null;
  cloud: { authUrl: string; pid: number; requests: Record<string, number> } | null;
  /** The worker that was started last. */
  worker: { accountId: string; pid: number } | null;
  /** All of them: one per account. */
  workers: { accountId: string; pid: number }[];
}
