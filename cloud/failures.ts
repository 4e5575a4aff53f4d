import type { Failure, FailureKind } from '../cluster/errors.js';
import { KubeupError } from '../cluster/errors.js';
import { cloudWords, parsedBody, requestId, retryAfterSeconds } from './answer.js';
import type { Answer } from './answer.js';

/** Whether the request was the log-in or anything after it: a 401 or 404 means different things there. */
export type Occasion = 'login' | 'call';

/** How a class of answers is to be taken. */
interface Verdict {
  kind: FailureKind;
  reason: string;
  cure: string;
}

interface AnswerRow extends Verdict {
  status: number | ((status: number) => boolean);
  on?: Occasion;
  /** A further condition on what the cloud said. */
  saying?: RegExp;
  /** Only when it named a time, or only when it did not. */
  retryTime?: boolean;
}

interface ErrorRow extends Verdict {
  codes: RegExp;
  message: (error: NetworkError) => string;
}

const RETRIED = 'It is tried again by itself';

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
const WRONG_AUTH_URL: Verdict = {
  kind: 'blocked',
  reason: 'WrongAuthUrl',
  cure: 'Set OS_AUTH_URL to the identity service (for example https://cloud.example:5000/v3), then run `kubeup up` again',
};
const UNAUTHORIZED: Verdict = {
  kind: 'blocked',
  reason: 'Unauthorized',
  cure: 'Check OS_USERNAME, OS_PASSWORD (or OS_API_KEY, or the application credential), the project and the domains, then run `kubeup up` again',
};

/** Words by which clouds name a quota, whatever the status they put on it. */
const QUOTA_WORDS =
  /quota|\bover ?quota\b|limit (?:has been )?(?:exceeded|reached)|exceed(?:s|ed|ing)? .*limit/i;
const RATE_WORDS = /rate.?limit|too many requests|slow ?down|can be made every|retry after/i;

/**
 * What each answer means: the first row that fits. 403 and 413 stand for a quota as well as for other things; only
 * a retry time, or the body, tells them apart. 429, 502 and 504, which pkgcloud takes for success, are rows like any
 * other.
 */
const ANSWERS: readonly AnswerRow[] = [
  { status: 401, on: 'login', ...UNAUTHORIZED },
  { status: 403, on: 'login', ...UNAUTHORIZED },
  { status: 404, on: 'login', ...WRONG_AUTH_URL },
  { status: (s) => s < 400 || s === 405, on: 'login', ...WRONG_AUTH_URL },
  { status: 401, ...UNAUTHORIZED },
  // A quota first: the older compute API puts `Retry-After: 0` on it too.
  { status: 403, saying: /quota/i, ...QUOTA_EXCEEDED },
  { status: 403, retryTime: true, ...RATE_LIMITED },
  { status: 403, saying: RATE_WORDS, ...RATE_LIMITED },
  { status: 403, saying: QUOTA_WORDS, ...QUOTA_EXCEEDED },
  { status: 403, ...FORBIDDEN },
  {
    status: 400,
    // Swift's list of what is wrong with the segments of a large object's manifest: the caller looks again.
    saying: /^Errors:.*(?:Etag Mismatch|Size Mismatch|404 Not Found)/s,
    kind: 'transient',
    reason: 'SegmentsDiffer',
    cure: `${RETRIED}, sending the segments that are missing or damaged`,
  },
  { status: 400, saying: /quota (?:has been )?exceeded|over quota/i, ...QUOTA_EXCEEDED },
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
  { status: 409, saying: /over ?quota|quota exceeded/i, ...QUOTA_EXCEEDED },
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
  { status: 413, saying: /quota/i, ...QUOTA_EXCEEDED },
  { status: 413, retryTime: true, ...RATE_LIMITED },
  { status: 413, saying: RATE_WORDS, ...RATE_LIMITED },
  { status: 413, ...QUOTA_EXCEEDED },
  {
    status: 422,
    kind: 'transient',
    reason: 'DamagedUpload',
    cure: `${RETRIED}: what arrived is not what was sent`,
  },
  { status: 429, ...RATE_LIMITED },
  // Swift's own rate limiting middleware.
  { status: 498, ...RATE_LIMITED },
  { status: 501, ...REFUSED },
  { status: (s) => s >= 500, ...UNAVAILABLE },
  { status: (s) => s >= 400, ...REFUSED },
  {
    status: () => true,
    kind: 'transient',
    reason: 'UnexpectedAnswer',
    cure: `${RETRIED}; if it lasts, something between here and the cloud answers in its place`,
  },
];

const UNTRUSTED_CERTIFICATE: Verdict = {
  kind: 'blocked',
  reason: 'UntrustedCertificate',
  cure: "Set OS_CACERT to the file of the cloud's CA certificates (PEM) and check the host name in OS_AUTH_URL, then run `kubeup up` again",
};
const UNREACHABLE: Verdict = {
  kind: 'transient',
  reason: 'Unreachable',
  cure: `${RETRIED}; if it lasts, check OS_AUTH_URL and the way from here to the cloud`,
};

/** What each network error means, by its code (Node, OpenSSL, undici). */
const ERRORS: readonly ErrorRow[] = [
  {
    codes:
      /^(?:ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|HOSTNAME_MISMATCH|CRL_)/,
    message: (error) => `the TLS certificate cannot be trusted: ${error.message} (${error.code})`,
    ...UNTRUSTED_CERTIFICATE,
  },
  {
    codes: /^(?:EPROTO|ERR_SSL_)/,
    message: (error) => `the TLS handshake failed (${error.code})`,
    kind: 'blocked',
    reason: 'NoTls',
    cure: 'Check whether OS_AUTH_URL should begin with http:// or https://, then run `kubeup up` again',
  },
  {
    codes:
      /^(?:ENOTFOUND|EAI_\w+|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/,
    message: (error) => error.message,
    ...UNREACHABLE,
  },
  {
    codes: /^(?:ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/,
    message: (error) => `no answer in time (${error.code})`,
    kind: 'transient',
    reason: 'Timeout',
    cure: RETRIED,
  },
  {
    codes: /^(?:ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_\w+|HPE_\w+)$/,
    message: (error) => `the connection broke before the answer (${error.code})`,
    kind: 'transient',
    reason: 'ConnectionLost',
    cure: RETRIED,
  },
];

interface NetworkError {
  code: string;
  message: string;
}

/** Takes secrets out of a text; see {@link redactor}. */
export type Redact = (text: string) => string;

/** Signatures of temp URLs and tokens in headers, wherever a cloud or a library quotes them. */
const SIGNATURES =
  /((?:temp_url_sig|x-auth-token|x-subject-token)["']?\s*[=:]\s*["']?)[^&\s"'<>]+/gi;

/** A function that blanks the given secrets, and whatever looks like a signature, in any text. */
export function redactor(secrets: () => readonly (string | undefined)[]): Redact {
  return (text) => {
    let clean = text.replace(SIGNATURES, '$1[secret]');
    for (const secret of secrets()) {
      // A shorter one would blank ordinary words and still give the secret away.
      if (secret && secret.length >= 4) {
        clean = clean.replaceAll(secret, '[secret]');
      }
    }
    return clean;
  };
}

/** The error for an answer that is not a success. */
export function answerError(
  attempted: string,
  answer: Answer,
  occasion: Occasion = 'call',
  redact: Redact = (text) => text,
): KubeupError {
  const words = cloudWords(answer);
  const type = neutronType(answer);
  const text = type ? `${words} ${type}` : words;
  const seconds = retryAfterSeconds(answer);
  const row = ANSWERS.find(
    (candidate) =>
      (typeof candidate.status === 'number'
        ? candidate.status === answer.status
        : candidate.status(answer.status)) &&
      (candidate.on === undefined || candidate.on === occasion) &&
      (candidate.saying === undefined || candidate.saying.test(text)) &&
      (candidate.retryTime === undefined || candidate.retryTime === (seconds !== undefined)),
  );
  const { kind, reason, cure } = row ?? UNAVAILABLE;
  const failure: Failure = {
    kind,
    reason,
    attempted,
    message: redact(words.startsWith('HTTP ') ? words : `HTTP ${answer.status}: ${words}`),
    cure,
    status: answer.status,
  };
  const id = requestId(answer);
  if (id) {
    failure.requestId = id;
  }
  if (kind === 'transient' && seconds !== undefined) {
    failure.retryAfterSeconds = seconds;
  }
  return new KubeupError(failure);
}

/**
 * The error for a request that got no answer. The original error is not kept as `cause`: it would travel into
 * workflow histories, and libraries hang whole requests on it.
 */
export function networkError(
  attempted: string,
  error: unknown,
  redact: Redact = (text) => text,
): KubeupError {
  if (error instanceof KubeupError) {
    return error;
  }
  const found = coded(error);
  const row = ERRORS.find((candidate) => candidate.codes.test(found.code));
  if (!row) {
    return new KubeupError({
      kind: 'transient',
      reason: 'RequestFailed',
      attempted,
      message: redact(found.message),
      cure: RETRIED,
    });
  }
  return new KubeupError({
    kind: row.kind,
    reason: row.reason,
    attempted,
    message: redact(row.message(found)),
    cure: row.cure,
  });
}

/** The error for a call that the cloud never answered. */
export function timeoutError(attempted: string, seconds: number, what = 'answer'): KubeupError {
  return new KubeupError({
    kind: 'transient',
    reason: 'Timeout',
    attempted,
    message: `no ${what} within ${seconds} s`,
    cure: RETRIED,
  });
}

/** The error for something at OS_AUTH_URL that is no identity service. */
export function wrongAuthUrl(attempted: string, message: string, answer: Answer): KubeupError {
  return new KubeupError({ ...WRONG_AUTH_URL, attempted, message, status: answer.status });
}

/** The error for a body that could not be read to its end. */
export function sourceFailed(attempted: string, error: Error): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'SourceFailed',
    attempted,
    message: error.message,
    cure: 'Check the file that is uploaded, then run `kubeup up` again',
  });
}

/** The error for a service that the catalogue does not have in the region. */
export function noEndpoint(service: string, region: string, identity: unknown): KubeupError {
  const regions = regionsOf(identity);
  const known = regions.size > 0 && ![...regions].some((name) => sameRegion(name, region));
  return new KubeupError({
    kind: 'blocked',
    reason: 'NoEndpoint',
    attempted: `find the ${service} service in region ${region}`,
    message: known
      ? `the account has no region ${region}, only ${[...regions].sort().join(', ')}`
      : `the cloud's catalogue lists no ${service} service there`,
    cure: 'Set OS_REGION_NAME to a region that has it, then run `kubeup up` again',
  });
}

/** The error for a success whose content is not what the API promises. */
export function unexpectedAnswer(
  attempted: string,
  message: string,
  answer?: Pick<Answer, 'status' | 'headers'>,
): KubeupError {
  const id = answer && requestId(answer);
  return new KubeupError({
    kind: 'transient',
    reason: 'UnexpectedAnswer',
    attempted,
    message,
    cure: `${RETRIED}; if it lasts, something between here and the cloud answers in its place`,
    ...(answer ? { status: answer.status } : {}),
    ...(id ? { requestId: id } : {}),
  });
}

/** Whether an error is the cloud's "there is no such thing". */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeupError && error.failure.status === 404;
}

/** `undefined` instead of a rejection when the cloud answers 404. */
export async function absentIsUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Follows `cause` and `errors` (happy eyeballs tries several addresses) down to the first error with a code. */
function coded(error: unknown): NetworkError {
  let message: string | undefined;
  for (let current: unknown = error, depth = 0; current && depth < 5; depth += 1) {
    const { code, cause, errors } = current as {
      code?: unknown;
      cause?: unknown;
      errors?: unknown[];
    };
    const text = (current as { message?: unknown }).message;
    message ??= typeof text === 'string' && text !== '' ? text : undefined;
    if (typeof code === 'string' && !(errors && errors.length > 0 && !text)) {
      return { code, message: typeof text === 'string' && text !== '' ? text : code };
    }
    current = errors?.[0] ?? cause;
  }
  return { code: '', message: message ?? String(error) };
}

/** Neutron names the kind of fault beside its words, e.g. `OverQuota`, `NetworkInUse`. */
function neutronType(answer: Answer): string | undefined {
  const fault = parsedBody(answer)?.['NeutronError'];
  const type = (fault as { type?: unknown } | undefined)?.type;
  return typeof type === 'string' ? type : undefined;
}

/** Regions that a service catalogue names, of Identity v2 and v3 alike. */
function regionsOf(identity: unknown): Set<string> {
  const { raw } = identity as { raw?: unknown };
  const { token, access } = (raw ?? {}) as {
    token?: { catalog?: CatalogService[] };
    access?: { serviceCatalog?: CatalogService[] };
  };
  const services = token?.catalog ?? access?.serviceCatalog ?? [];
  const regions = services.flatMap(({ endpoints }) => endpoints ?? []).map(({ region }) => region);
  return new Set(regions.filter((region): region is string => typeof region === 'string'));
}

interface CatalogService {
  endpoints?: { region?: string }[];
}

function sameRegion(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
