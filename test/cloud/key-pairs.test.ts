import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from './calls.js';
import { bytes, json, scripted } from './scripted-cloud.js';

const publicKey = 'ssh-ed25519 AAAAC3Nza kubeup-cluster=kubernetes';
const keypair = {
  name: 'a key/é',
  public_key: publicKey,
  fingerprint: '84:bc:72:f4',
  user_id: 'u1',
};
const keyPair = { name: 'a key/é', publicKey };

test('a key pair is imported as it is, its comment included', async (t) => {
  const posts: unknown[] = [];
  const { cloud } = await scripted(t, async (request, response) => {
    assert.equal(`${request.method} ${request.path}`, 'POST /v2.1/os-keypairs');
    posts.push(JSON.parse((await bytes(request)).toString()));
    json(response, 200, { keypair });
  });
  assert.deepEqual(await cloud.keyPairs.import('a key/é', publicKey), keyPair);
  assert.deepEqual(posts, [{ keypair: { name: 'a key/é', public_key: publicKey } }]);
});

test('a key pair of any name is read and deleted; an absent one is absent', async (t) => {
  const asked: string[] = [];
  const { cloud } = await scripted(t, (request, response) => {
    asked.push(`${request.method} ${request.path}`);
    if (request.method === 'DELETE') {
      response.writeHead(202).end();
    } else if (request.path === '/v2.1/os-keypairs') {
      json(response, 200, { keypairs: [{ keypair }] });
    } else if (request.path === '/v2.1/os-keypairs/a%20key%2F%C3%A9') {
      json(response, 200, { keypair: { ...keypair, id: 1, deleted: false } });
    } else {
      json(response, 404, { itemNotFound: { code: 404, message: 'Keypair none not found' } });
    }
  });
  assert.deepEqual(await cloud.keyPairs.get('a key/é'), keyPair);
  assert.equal(await cloud.keyPairs.get('none'), undefined);
  assert.deepEqual(await cloud.keyPairs.list(), [keyPair]);
  await cloud.keyPairs.delete('a key/é');
  assert.equal(asked.at(-1), 'DELETE /v2.1/os-keypairs/a%20key%2F%C3%A9');
});

test('deleting an absent key pair is no error; a name that is taken is a conflict', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    if (request.method === 'DELETE') {
      json(response, 404, { itemNotFound: { code: 404, message: 'Keypair k not found' } });
    } else {
      json(response, 409, {
        conflictingRequest: { code: 409, message: "Key pair 'k' already exists." },
      });
    }
  });
  await cloud.keyPairs.delete('k');
  const failure = await failureOf(cloud.keyPairs.import('k', publicKey));
  assert.deepEqual([failure.kind, failure.reason], ['transient', 'Conflict']);
});
