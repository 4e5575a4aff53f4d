/** There is no such cluster: no operation on it is known to the Temporal server. */
export class ClusterNotFoundError extends Error {
  readonly cluster: string;

  constructor(cluster: string) {
    super(`Nothing is known of a cluster ${cluster}. kubeup list shows those there are.`);
    this.name = 'ClusterNotFoundError';
    this.cluster = cluster;
  }
}

/** The time that a command was given is up; the work goes on, or had not begun. The message says how to come back. */
export class OutOfTimeError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OutOfTimeError';
  }
}

/** The run that is open does not take what was asked of it; the message names why and what to do. */
export class RefusedError extends Error {
  readonly cluster: string;

  constructor(cluster: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RefusedError';
    this.cluster = cluster;
  }
}
