import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerError } from '../../cloud/failures.js';
import type { Occasion } from '../../cloud/failures.js';
import type { FailureKind } from '../../cluster/errors.js';

const nova = (fault: string, code: number, message: string, more: object = {}): string =>
  JSON.stringify({ [fault]: { code, message, ...more } });
const neutron = (type: string, message: string): string =>
  JSON.stringify({ NeutronError: { type, message, detail: '' } });
const swift = (title: string, text: string): string =>
  `<html><h1>${title}</h1><p>${text}</p></html>`;
const overLimit = (message: string, more: object = {}): string =>
  nova('overLimit', 413, message, more);

interface Row {
  /** What happened, and to whom: bodies as the services send them. */
  what: string;
  status: number;
  body?: string;
  headers?: Record<string, string>;
  on?: Occasion;
  kind: FailureKind;
  reason: string;
  says?: RegExp;
  after?: number;
}

const blocked = (what: string, status: number, reason: string, rest: Partial<Row> = {}): Row => ({
  what,
  status,
  kind: 'blocked',
  reason,
  ...rest,
});
const transient = (what: string, status: number, reason: string, rest: Partial<Row> = {}): Row => ({
  what,
  status,
  kind: 'transient',
  reason,
  ...rest,
});

const rows: Row[] = [
  // Keystone
  blocked('a wrong password', 401, 'Unauthorized', {
    on: 'login',
    body: '{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}',
    says: /^HTTP 401: The request you have made requires authentication\.$/,
  }),
  blocked('a wrong password at Rackspace', 401, 'Unauthorized', {
    on: 'login',
    body: nova('unauthorized', 401, 'Unable to authenticate user with credentials provided.'),
  }),
  blocked('a disabled user', 403, 'Unauthorized', { on: 'login' }),
  blocked('no domain named', 400, 'Refused', {
    on: 'login',
    body: '{"error":{"code":400,"message":"Expecting to find domain in user.","title":"Bad Request"}}',
  }),
  blocked('versions instead of a token', 300, 'WrongAuthUrl', { on: 'login' }),
  blocked('a redirect instead of a token', 301, 'WrongAuthUrl', { on: 'login' }),
  blocked('nothing there', 404, 'WrongAuthUrl', { on: 'login' }),
  blocked('something that takes no POST', 405, 'WrongAuthUrl', { on: 'login' }),
  transient('a busy Keystone', 429, 'RateLimited', {
    on: 'login',
    after: 3,
    headers: { 'retry-after': '3' },
  }),
  transient('a Keystone that is down', 503, 'CloudUnavailable', { on: 'login' }),

  // A token
  blocked('a token that is refused', 401, 'Unauthorized', {
    body: swift(
      'Unauthorized',
      'This server could not verify that you are authorized to access the document you requested.',
    ),
    says: /Unauthorized This server could not verify/,
  }),

  // 403: a quota, a rate, or a role
  blocked('instances over quota', 403, 'QuotaExceeded', {
    body: nova(
      'forbidden',
      403,
      'Quota exceeded for instances: Requested 1, but already used 0 of 0 instances',
    ),
    says: /^HTTP 403: Quota exceeded for instances: Requested 1/,
  }),
  blocked('key pairs over quota', 403, 'QuotaExceeded', {
    body: nova('forbidden', 403, 'Quota exceeded, too many key pairs.'),
  }),
  blocked('ports over quota', 403, 'QuotaExceeded', {
    body: nova('forbidden', 403, 'Maximum number of ports exceeded'),
  }),
  blocked('too much metadata', 403, 'QuotaExceeded', {
    body: nova('forbidden', 403, 'Maximum number of metadata items exceeds 128'),
  }),
  blocked('a quota that names a time', 403, 'QuotaExceeded', {
    body: nova('forbidden', 403, 'Quota exceeded for ram'),
    headers: { 'retry-after': '60' },
  }),
  transient('a rate at Rackspace', 403, 'RateLimited', {
    body: nova('forbidden', 403, 'Forbidden'),
    headers: { 'retry-after': '12' },
    after: 12,
  }),
  transient('a rate in words', 403, 'RateLimited', {
    body: nova('forbidden', 403, 'Rate limit reached, slow down'),
  }),
  blocked('a limit in words', 403, 'QuotaExceeded', {
    body: nova('forbidden', 403, 'Network limit exceeded'),
  }),
  blocked('a role that is missing', 403, 'Forbidden', {
    body: nova(
      'forbidden',
      403,
      "Policy doesn't allow os_compute_api:servers:create to be performed.",
    ),
  }),
  blocked('a role that is missing in Neutron', 403, 'Forbidden', {
    body: neutron('PolicyNotAuthorized', '(rule:create_network) is disallowed by policy'),
  }),

  // 413
  transient('the rate limit of the older compute API', 413, 'RateLimited', {
    body: overLimit('This request was rate-limited.', {
      details: 'Only 10 POST request(s) can be made to /servers every minute.',
      retryAfter: '17',
    }),
    after: 17,
    says: /rate-limited/,
  }),
  transient('a rate limit by header', 413, 'RateLimited', {
    body: overLimit('Over limit'),
    headers: { 'retry-after': '30' },
    after: 30,
  }),
  transient('a rate limit in words', 413, 'RateLimited', {
    body: overLimit('Only 4 POST request(s) can be made to * every minute.'),
  }),
  blocked('the quota of the older compute API', 413, 'QuotaExceeded', {
    body: overLimit('Quota exceeded for cores: Requested 4, but already used 10 of 10 cores'),
    headers: { 'retry-after': '0' },
  }),
  blocked('a limit that no waiting lifts', 413, 'QuotaExceeded', {
    body: overLimit('Over limit'),
    headers: { 'retry-after': '0' },
  }),
  blocked("a container's quota", 413, 'QuotaExceeded', {
    on: 'upload',
    body: swift('Request Entity Too Large', 'Upload exceeds quota.'),
  }),

  // 400
  blocked('an unknown image', 400, 'Refused', {
    body: nova('badRequest', 400, 'Can not find requested image'),
  }),
  blocked('a schema error', 400, 'Refused', {
    body: nova(
      'badRequest',
      400,
      `Invalid input for field/attribute user_data. Value: ${'QUJD'.repeat(99)}. '${'QUJD'.repeat(99)}' is too long`,
    ),
    says: /user_data\. Value: \[withheld\]\. \[withheld\] is too long$/,
  }),
  blocked('a quota in a 400', 400, 'QuotaExceeded', {
    body: nova('badRequest', 400, 'Quota exceeded for resources: port'),
  }),
  blocked('an overlapping subnet', 400, 'Refused', {
    body: neutron(
      'InvalidInput',
      'Invalid input for operation: Requested subnet with cidr: 10.0.0.0/25 overlaps with another subnet.',
    ),
  }),
  transient('segments that are not there', 400, 'SegmentsDiffer', {
    body: 'Errors:\n/c/r/segments/1, 404 Not Found',
  }),
  transient('segments of other bytes', 400, 'SegmentsDiffer', {
    body: 'Errors:\n/c/r/segments/1, Etag Mismatch\n/c/r/segments/2, Size Mismatch',
  }),

  // 404, 408, 410
  transient('a network that has gone', 404, 'NotFound', {
    body: neutron('NetworkNotFound', 'Network n1 could not be found.'),
    says: /^HTTP 404: Network n1 could not be found\.$/,
  }),
  transient('a body that came too slowly', 408, 'Timeout', {
    on: 'upload',
    body: swift(
      'Request Timeout',
      'The server has waited too long for the request to be sent by the client.',
    ),
  }),
  blocked('what is gone for good', 410, 'Refused'),

  // 409
  blocked('networks over quota', 409, 'QuotaExceeded', {
    body: neutron('OverQuota', "Quota exceeded for resources: ['network']."),
  }),
  blocked('no network chosen', 409, 'AmbiguousNetwork', {
    body: nova(
      'conflictingRequest',
      409,
      'Multiple possible networks found, use a Network ID to be more specific.',
    ),
  }),
  blocked('no address left', 409, 'NoFreeAddress', {
    body: neutron('IpAddressGenerationFailure', 'No more IP addresses available on network n1.'),
  }),
  transient('a network in use', 409, 'InUse', {
    body: neutron(
      'NetworkInUse',
      'Unable to complete operation on network n1. There are one or more ports still in use on the network.',
    ),
  }),
  transient('a subnet in use', 409, 'InUse', {
    body: neutron(
      'SubnetInUse',
      'Unable to complete operation on subnet s1: One or more ports have an IP allocation from this subnet.',
    ),
  }),
  transient('a port in use', 409, 'InUse', {
    body: nova('conflictingRequest', 409, 'Port p1 is still in use.'),
  }),
  transient('a container that is not empty', 409, 'InUse', {
    body: swift('Conflict', 'There was a conflict when trying to complete your request.'),
  }),
  transient('a key pair of that name', 409, 'Conflict', {
    body: nova('conflictingRequest', 409, "Key pair 'k' already exists."),
  }),
  transient('a server between two states', 409, 'Conflict', {
    body: nova(
      'conflictingRequest',
      409,
      "Cannot 'delete' instance s1 while it is in task_state deleting",
    ),
  }),

  // 422 and the rest
  transient('a damaged upload', 422, 'DamagedUpload', {
    on: 'upload',
    body: swift('Unprocessable Entity', 'Unable to process the contained instructions'),
  }),
  blocked('a request that makes no sense', 422, 'Refused'),
  transient('too many requests', 429, 'RateLimited', { headers: { 'retry-after': '5' }, after: 5 }),
  transient("Swift's rate limit", 498, 'RateLimited', { body: 'Rate Limited' }),
  transient('a client that seems gone', 499, 'ConnectionLost', { on: 'upload' }),
  blocked('another 4xx', 418, 'Refused'),
  transient('a fault', 500, 'CloudUnavailable', {
    body: nova(
      'computeFault',
      500,
      'Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/',
    ),
    says: /Unexpected API Error/,
  }),
  blocked('what the cloud never learnt', 501, 'Refused'),
  transient('a proxy without its service', 502, 'CloudUnavailable', {
    body: '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>',
    says: /^HTTP 502: 502 Bad Gateway nginx$/,
  }),
  transient('a service that rests', 503, 'CloudUnavailable', {
    headers: { 'retry-after': '8' },
    after: 8,
  }),
  transient('a proxy that waited too long', 504, 'CloudUnavailable', { says: /^HTTP 504$/ }),
  transient('a full disk', 507, 'CloudUnavailable'),
  transient('a redirect', 302, 'UnexpectedAnswer'),
];

for (const { what, status, body, headers, on, kind, reason, says, after } of rows) {
  test(`${status}, ${what}: ${kind}, ${reason}`, () => {
    const answer = {
      status,
      headers: { 'x-openstack-request-id': 'req-1', ...headers },
      text: body ?? '',
    };
    const { failure } = answerError('do it', answer, (text) => text, on);
    assert.deepEqual(
      {
        kind: failure.kind,
        reason: failure.reason,
        attempted: failure.attempted,
        status: failure.status,
        requestId: failure.requestId,
        after: failure.retryAfterSeconds,
      },
      { kind, reason, attempted: 'do it', status, requestId: 'req-1', after },
    );
    assert.match(failure.message, says ?? new RegExp(`^HTTP ${status}`));
    assert.ok(failure.cure.length > 10);
    assert.ok(kind === 'transient' || /`kubeup (?:up|retry)`/.test(failure.cure), failure.cure);
  });
}
