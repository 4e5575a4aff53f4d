import type { Failure } from '../../cluster/errors.js';

/** A person can mend it. */
export const quota: Failure = {
  kind: 'blocked',
  reason: 'QuotaExceeded',
  attempted: 'create server',
  message: 'Quota exceeded for instances',
  cure: 'Have it raised',
};

/** Credentials that were withdrawn. */
export const revoked: Failure = {
  kind: 'blocked',
  reason: 'Unauthorized',
  attempted: 'list servers',
  message: 'The request you have made requires authentication',
  cure: 'Give the worker valid credentials',
};

/** Passes by itself. */
export const busy: Failure = {
  kind: 'transient',
  reason: 'ServiceUnavailable',
  attempted: 'list networks',
  message: 'Service unavailable',
  cure: 'Wait',
};

/** The input is wrong. */
export const invalid: Failure = {
  kind: 'invalid',
  reason: 'ReleaseInvalid',
  attempted: 'read the release',
  message: 'it is no gzip',
  cure: 'Name another file',
};
