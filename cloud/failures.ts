import type { FailureKind } from '../cluster/errors.js';
import { KubeupError } from '../cluster/errors.js';
import { cloudWords, parsedBody, requestId, retryAfterSeconds } from './answer.js';
import type { Answer } from './answer.js';
import type { Redact } from './redact.js';

/** What the request was: the same status means different things for a log-in, an upload and any other call. */
export type Occasion = 'login' | 'upload' | 'call';

/** How a class of answers, or of errors without one, is to be taken. */
export interface Verdict {
  kind: FailureKind;
  reason: string;
  cure: string;
}

interface AnswerRow extends Verdict {
  status: number | ((status: number) => boolean);
  on?: Occasion;
  /** A further condition on what the cloud said. */
  saying?: RegExp;
  /** Only when it named a time. */
  retryTime?: true;
}

/** The cure of what passes. */
export const RETRIED = 'It is tried again by itself';

const RATE_LIMITED: Verdict = {
  kind: 'transient',
  reason: 'RateLimited',
  cure: `${RETRIED} when the cloud's rate limit allows`,
};
const QUOTA_EXCEEDED: Verdict = {
  kind: 'blocked',
  reason: 'QuotaExceeded',
  cure: 'Ask the cloud for a higher quota or delete what is not needed, then run `kubeup retry`',
};
const FORBIDDEN: Verdict = {
  kind: 'blocked',
  reason: 'Forbidden',
  cure: "Give the account's user the role this needs in the project, then run `kubeup retry`",
};
const REFUSED: Verdict = {
  kind: 'blocked',
  reason: 'Refused',
  cure: 'Change what the cloud objects to, then run `kubeup up` again',
};
const CONFLICT: Verdict = {
  kind: 'transient',
  reason: 'Conflict',
  cure: `${RETRIED}, after another look at what is there`,
};
const IN_USE: Verdict = {
  kind: 'transient',
  reason: 'InUse',
  cure: `${RETRIED}; if it stays in use, find out by what and remove that first`,
};
const UNAVAILABLE: Verdict = {
  kind: 'transient',
  reason: 'CloudUnavailable',
  cure: `${RETRIED}; if it lasts, ask the cloud's operators, quoting the request id`,
};
/** Something at OS_AUTH_URL that is no identity service. */
export const WRONG_AUTH_URL: Verdict = {
  kind: 'blocked',
  reason: 'WrongAuthUrl',
  cure: 'Set OS_AUTH_URL to the identity service (for example https://cloud.example:5000/v3), then run `kubeup up` again',
};
/** The cloud holds something else than what was sent. */
export const DAMAGED_UPLOAD: Verdict = {
  kind: 'transient',
  reason: 'DamagedUpload',
  cure: `${RETRIED}: what arrived is not what was sent`,
};
/** It broke before the answer came: the work may have been done. */
export const CONNECTION_LOST: Verdict = {
  kind: 'transient',
  reason: 'ConnectionLost',
  cure: RETRIED,
};
const UNEXPECTED: Verdict = {
  kind: 'transient',
  reason: 'UnexpectedAnswer',
  cure: `${RETRIED}; if it lasts, something between here and the cloud answers in its place`,
};
const UNAUTHORIZED: Verdict = {
  kind: 'blocked',
  reason: 'Unauthorized',
  cure: 'Check OS_USERNAME, OS_PASSWORD (or OS_API_KEY, or the application credential), the project and the domains, then run `kubeup up` again',
};

/** Words by which clouds name a limit that is none of rate, where they do not call it a quota. */
const LIMIT_WORDS =
  /limit (?:has been )?(?:exceeded|reached)|exceed(?:s|ed|ing)? .*limit|maximum number of .* exceed/i;
const RATE_WORDS = /rate.?limit|too many requests|slow ?down|can be made .*every|retry after/i;

const isAny =
  (...statuses: number[]) =>
  (status: number): boolean =>
    statuses.includes(status);

/**
 * What each answer means: the first row that fits. 403 and 413 stand for a quota as well as for other things; only
 * a retry time, or the body, tells them apart. 429, 502 and 504, which pkgcloud takes for success, are rows like any
 * other.
 */
const ANSWERS: readonly AnswerRow[] = [
  { status: 401, ...UNAUTHORIZED },
  { status: 403, on: 'login', ...UNAUTHORIZED },
  { status: (s) => s < 400 || s === 404 || s === 405, on: 'login', ...WRONG_AUTH_URL },
  { status: isAny(400, 403, 409, 413), saying: /quota/i, ...QUOTA_EXCEEDED },
  { status: isAny(403, 413), retryTime: true, ...RATE_LIMITED },
  { status: isAny(403, 413), saying: RATE_WORDS, ...RATE_LIMITED },
  { status: 403, saying: LIMIT_WORDS, ...QUOTA_EXCEEDED },
  { status: 403, ...FORBIDDEN },
  { status: 413, ...QUOTA_EXCEEDED },
  {
    status: 400,
    // Swift's list of what is wrong with the segments of a large object's manifest: the caller looks again.
    saying: /^Errors:.*(?:Etag Mismatch|Size Mismatch|404 Not Found)/s,
    kind: 'transient',
    reason: 'SegmentsDiffer',
    cure: `${RETRIED}, sending the segments that are missing or damaged`,
  },
  { status: 400, ...REFUSED },
  {
    status: 404,
    kind: 'transient',
    reason: 'NotFound',
    cure: `${RETRIED}, after another look at what is there`,
  },
  {
    status: 408,
    kind: 'transient',
    reason: 'Timeout',
    cure: RETRIED,
  },
  {
    status: 409,
    saying: /multiple possible networks/i,
    kind: 'blocked',
    reason: 'AmbiguousNetwork',
    cure: 'Name the networks to attach, then run `kubeup up` again',
  },
  {
    status: 409,
    saying: /in use|not empty|conflict when trying to complete|NetworkInUse|SubnetInUse/i,
    ...IN_USE,
  },
  {
    status: 409,
    saying: /no more ip addresses|IpAddressGenerationFailure/i,
    kind: 'blocked',
    reason: 'NoFreeAddress',
    cure: 'Use a wider NOVA_NETWORK range or free addresses in it, then run `kubeup retry`',
  },
  { status: 409, ...CONFLICT },
  { status: 422, on: 'upload', ...DAMAGED_UPLOAD },
  { status: 429, ...RATE_LIMITED },
  // Swift's own rate limiting middleware.
  { status: 498, ...RATE_LIMITED },
  // Swift, and proxies in front of others, when they believe that the client has gone.
  { status: 499, ...CONNECTION_LOST },
  { status: 501, ...REFUSED },
  { status: (s) => s >= 500, ...UNAVAILABLE },
  { status: (s) => s >= 400, ...REFUSED },
  { status: () => true, ...UNEXPECTED },
];

/** The error for an answer that is not a success. */
export function answerError(
  attempted: string,
  answer: Answer,
  redact: Redact,
  occasion: Occasion = 'call',
): KubeupError {
  const words = cloudWords(answer, redact);
  const seconds = retryAfterSeconds(answer);
  const { kind, reason, cure } = verdictOn(answer, words, seconds, occasion);
  const id = requestId(answer);
  return new KubeupError({
    kind,
    reason,
    attempted,
    message: words === '' ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${words}`,
    cure,
    status: answer.status,
    ...(id ? { requestId: id } : {}),
    ...(kind === 'transient' && seconds !== undefined ? { retryAfterSeconds: seconds } : {}),
  });
}

function verdictOn(
  answer: Answer,
  words: string,
  seconds: number | undefined,
  occasion: Occasion,
): Verdict {
  const text = `${words} ${neutronType(answer)}`;
  const row = ANSWERS.find(
    ({ status, on, saying, retryTime }) =>
      (typeof status === 'number' ? status === answer.status : status(answer.status)) &&
      (on === undefined || on === occasion) &&
      (saying === undefined || saying.test(text)) &&
      (retryTime === undefined || seconds !== undefined),
  );
  return row ?? UNEXPECTED;
}

/** The error for a success whose content is not what the API promises. */
export function unexpectedAnswer(
  attempted: string,
  message: string,
  answer?: Pick<Answer, 'status' | 'headers'>,
): KubeupError {
  const id = answer && requestId(answer);
  return new KubeupError({
    ...UNEXPECTED,
    attempted,
    message,
    ...(answer ? { status: answer.status } : {}),
    ...(id ? { requestId: id } : {}),
  });
}

/** `undefined` instead of a rejection when the cloud answers 404. */
export async function absentIsUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KubeupError && error.failure.status === 404) {
      return undefined;
    }
    throw error;
  }
}

/** Neutron names the kind of fault beside its words, e.g. `OverQuota`, `NetworkInUse`. */
function neutronType(answer: Answer): string {
  const fault = parsedBody(answer)?.NeutronError;
  const type = (fault as { type?: unknown } | undefined)?.type;
  return typeof type === 'string' ? type : '';
}
