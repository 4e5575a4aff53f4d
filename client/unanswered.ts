/** What is wrong when a question to a run has no answer. */
export const unanswered = 'The Temporal server or the worker does not answer';

/** What mends it. */
export const whatStartsThem =
  'kubeup up starts what is down on this machine; the worker of a service (KUBEUP_WORKER=external) is started there.';

/** Seconds without an answer after which it is said. */
export const quietSeconds = 5;

/** Said then; it is asked again until somebody answers. */
export const quietNotice = `${unanswered}; asking again. ${whatStartsThem}`;
