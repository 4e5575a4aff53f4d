import { KubeupError } from '../cluster/errors.js';
import { CONNECTION_LOST, RETRIED } from './failures.js';
import type { Verdict } from './failures.js';
import type { Redact } from './redact.js';

interface NetworkError {
  code: string;
  message: string;
}

interface ErrorRow extends Verdict {
  codes: RegExp;
  message: (error: NetworkError) => string;
}

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
      /^(?:ERR_TLS_CERT_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|HOSTNAME_MISMATCH|CRL_)/,
    message: ({ code, message }) => `the TLS certificate cannot be trusted: ${message} (${code})`,
    ...UNTRUSTED_CERTIFICATE,
  },
  {
    codes: /^(?:EPROTO|ERR_SSL_)/,
    message: ({ code }) => `the TLS handshake failed (${code})`,
    kind: 'blocked',
    reason: 'NoTls',
    cure: 'Check whether OS_AUTH_URL should begin with http:// or https://, then run `kubeup up` again',
  },
  {
    codes:
      /^(?:ENOTFOUND|EAI_\w+|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/,
    message: ({ message }) => message,
    ...UNREACHABLE,
  },
  {
    codes: /^(?:ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_\w+|HPE_\w+)$/,
    message: ({ message }) => `the connection broke before the answer: ${message}`,
    ...CONNECTION_LOST,
  },
];

/**
 * The error for a request that got no answer. The original error is not kept as `cause`: it would travel into
 * workflow histories, and libraries hang whole requests on it.
 */
export function networkError(attempted: string, error: unknown, redact: Redact): KubeupError {
  if (error instanceof KubeupError) {
    return error;
  }
  const found = coded(error);
  const row = ERRORS.find(({ codes }) => codes.test(found.code));
  return new KubeupError({
    kind: row?.kind ?? 'transient',
    reason: row?.reason ?? 'RequestFailed',
    attempted,
    message: redact(row?.message(found) ?? found.message),
    cure: row?.cure ?? RETRIED,
  });
}

/** The error for a call that the cloud did not answer in time. */
export function timeoutError(attempted: string, milliseconds: number): KubeupError {
  return new KubeupError({
    kind: 'transient',
    reason: 'Timeout',
    attempted,
    message: `no answer within ${milliseconds / 1000} s`,
    cure: RETRIED,
  });
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
