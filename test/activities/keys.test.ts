import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteKeyPair, ensureKeyPair } from '../../activities/keys.js';
import { keyPairComment } from '../../cluster/names.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { sshLoginKeys } from '../../home/ssh-keys.js';
import { failureOf } from '../cloud/calls.js';
import { localCloud, misbehave } from './local-cloud.js';

/** A key as `ssh-keygen` writes it, with a comment of the user's own. */
const users = sshLoginKeys(Buffer.alloc(32, 8), 'user').publicKey;
const usersLine = `${users} me@my laptop`;

function withUsersKey(spec: ClusterSpec): ClusterSpec {
  return { ...spec, keyPair: { ...spec.keyPair, publicKey: usersLine } };
}

for (const [whose, specOf] of [
  ['the derived key', (spec: ClusterSpec) => spec],
  ["the user's public key", withUsersKey],
] as const) {
  test(`${whose} is imported once with our comment, adopted after, and deleted`, async (t) => {
    const { dependencies, ...scene } = await localCloud(t);
    const { keyPairs } = dependencies.cloud;
    const spec = specOf(scene.spec);
    assert.deepEqual(await ensureKeyPair(dependencies, spec), { made: true });
    assert.deepEqual(await ensureKeyPair(dependencies, spec), { made: false });
    const [type, key, ...comment] = (await keyPairs.get('id_c'))?.publicKey.split(' ') ?? [];
    assert.equal(comment.join(' '), keyPairComment('c'));
    assert.equal(type, 'ssh-ed25519');
    assert.equal(key === users.split(' ')[1], spec.keyPair.publicKey !== undefined);
    assert.deepEqual(await deleteKeyPair(dependencies, 'another'), { deleted: [] });
    assert.deepEqual(await deleteKeyPair(dependencies, 'c'), { deleted: ['id_c'] });
    assert.deepEqual(await keyPairs.list(), []);
    assert.deepEqual(await deleteKeyPair(dependencies, 'c'), { deleted: [] });
  });

  test(`${whose}: an import whose answer was lost is adopted, and deleted`, async (t) => {
    const { dependencies, server, ...scene } = await localCloud(t);
    const spec = specOf(scene.spec);
    const match = { service: 'compute', method: 'POST', path: '^/os-keypairs$' };
    await misbehave(server, { match, action: { drop: 'after' } });
    assert.equal((await failureOf(ensureKeyPair(dependencies, spec))).kind, 'transient');
    assert.deepEqual(await ensureKeyPair(dependencies, spec), { made: false });
    assert.deepEqual(await deleteKeyPair(dependencies, 'c'), { deleted: ['id_c'] });
  });
}

test("the user's key pair that was there before is adopted, and stays", async (t) => {
  const { dependencies, spec } = await localCloud(t);
  await dependencies.cloud.keyPairs.import('id_c', `${users} as nova imported it`);
  assert.deepEqual(await ensureKeyPair(dependencies, withUsersKey(spec)), { made: false });
  assert.deepEqual(await deleteKeyPair(dependencies, 'c'), { deleted: [] });
  const [left] = await dependencies.cloud.keyPairs.list();
  assert.equal(left?.publicKey, `${users} as nova imported it`);
});

test('another key of that name is refused, and left as it is', async (t) => {
  const { dependencies, spec } = await localCloud(t);
  await dependencies.cloud.keyPairs.import('id_c', usersLine);
  const failure = await failureOf(ensureKeyPair(dependencies, spec));
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'KeyPairDiffers']);
  assert.equal((await dependencies.cloud.keyPairs.get('id_c'))?.publicKey, usersLine);
});
