import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { InvalidSpecError } from '../../cluster/errors.js';
import { homePaths } from '../../home/paths.js';
import { loadRootSecret } from '../../home/root-secret.js';

describe('root secret', () => {
  let env: NodeJS.ProcessEnv;
  let file: string;

  beforeEach(async () => {
    env = { KUBEUP_HOME: path.join(await mkdtemp(path.join(tmpdir(), 'kubeup-home-')), 'new') };
    file = homePaths(env).rootSecret;
  });
  afterEach(() => rm(path.dirname(homePaths(env).root), { recursive: true, force: true }));

  it('is made on first use, for its owner only, and stays the same', async () => {
    const first = await loadRootSecret(env);
    assert.equal(first.length, 32);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(path.dirname(file))).mode & 0o777, 0o700);
    assert.deepEqual(await loadRootSecret(env), first);
  });

  it('is one and the same for all that race for the first use, and leaves no draft', async () => {
    const secrets = await Promise.all(Array.from({ length: 20 }, () => loadRootSecret(env)));
    assert.equal(new Set(secrets.map((secret) => secret.toString('hex'))).size, 1);
    assert.deepEqual(await readdir(path.dirname(file)), ['root-secret']);
  });

  it('comes from the environment in hex or base64, and then makes no file', async () => {
    const secret = Buffer.alloc(32, 7);
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const given = { ...env, KUBEUP_ROOT_SECRET: secret.toString(encoding) };
      assert.deepEqual(await loadRootSecret(given), secret);
    }
    await assert.rejects(stat(file), { code: 'ENOENT' });
  });

  it('is refused when it is short or malformed, without being shown', async () => {
    for (const value of ['hunter2', 'ab'.repeat(16), 'not base64! '.repeat(9)]) {
      await assert.rejects(loadRootSecret({ ...env, KUBEUP_ROOT_SECRET: value }), (error) => {
        assert.ok(error instanceof InvalidSpecError);
        assert.match(error.message, /^KUBEUP_ROOT_SECRET: must be at least 32 random bytes/);
        assert.ok(!error.message.includes(value));
        return true;
      });
    }
  });

  it('is refused from a file that others may read, naming the cure', async () => {
    await loadRootSecret(env);
    await chmod(file, 0o644);
    await assert.rejects(loadRootSecret(env), {
      message: /mode is 0644.*chmod 600 '.*root-secret'/,
    });
  });

  it('is refused from a file that was cut off, rather than made anew', async () => {
    await loadRootSecret(env);
    await writeFile(file, 'abcd');
    await assert.rejects(loadRootSecret(env), InvalidSpecError);
  });
});
