import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Login } from '../../cloud/login.js';
import { SharedLogin } from '../../cloud/shared-login.js';
import { KubeupError } from '../../cluster/errors.js';

function logins(): { shared: SharedLogin; count: () => number } {
  let count = 0;
  const shared = new SharedLogin(() => {
    count += 1;
    const now = Date.now();
    const login: Login = {
      tokenId: `token-${count}`,
      projectId: 'p1',
      issuedAt: now,
      expiresAt: now + 3_600_000,
      catalogue: [],
    };
    return Promise.resolve(login);
  });
  return { shared, count: () => count };
}

const rejected = new KubeupError({
  kind: 'blocked',
  reason: 'Unauthorized',
  attempted: 'do it',
  message: 'HTTP 401',
  cure: 'Log in again',
  status: 401,
});

test('a 401 that arrives after the renewal uses the renewed token, and renews nothing', async () => {
  const { shared, count } = logins();
  const tokens: string[] = [];
  let renewed: (() => void) | undefined;
  const renewal = new Promise<void>((resolve) => (renewed = resolve));
  const late = shared.run(undefined, async ({ tokenId }) => {
    tokens.push(tokenId);
    if (tokenId === 'token-1') {
      await renewal;
      throw rejected;
    }
  });
  await shared.run(undefined, ({ tokenId }) =>
    tokenId === 'token-1' ? Promise.reject(rejected) : Promise.resolve(),
  );
  renewed?.();
  await late;
  assert.deepEqual(tokens, ['token-1', 'token-2']);
  assert.equal(count(), 2);
});

test('only a 401 is tried again, and only once', async () => {
  const { shared, count } = logins();
  let attempts = 0;
  const failing = (error: Error) => (): Promise<never> => {
    attempts += 1;
    return Promise.reject(error);
  };
  await assert.rejects(shared.run(undefined, failing(new Error('odd'))), /odd/);
  assert.deepEqual([attempts, count()], [1, 1]);
  await assert.rejects(shared.run(undefined, failing(rejected)), /401/);
  assert.deepEqual([attempts, count()], [3, 2]);
});
