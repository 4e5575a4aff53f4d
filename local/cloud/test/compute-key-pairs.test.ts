import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { assertRefused, ComputeScene, type Json } from './compute-scene.js';
import { startCloud, type TestAnswer, type TestCloud } from './start-cloud.js';

/** Made by ssh-keygen; so are the fingerprints (`ssh-keygen -l -E md5`). */
const ED25519 =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHiy5O8SDpU32hDKYbeQHl7J3E3OWzS1EcPy5n33ZvDx someone@host';
const FINGERPRINT = 'f8:49:a8:eb:b4:74:99:c9:08:03:37:1f:1b:92:89:5e';

interface KeyPair extends Json {
  name: string;
  public_key: string;
  fingerprint: string;
  private_key?: string;
}

describe('key pairs of the local cloud', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;

  before(async () => {
    cloud = await startCloud();
    scene = await ComputeScene.open(cloud);
  });
  after(() => cloud.close());

  const add = (keypair: Json, version?: string): Promise<TestAnswer> =>
    scene.call('POST', '/os-keypairs', { keypair }, { version });
  const keyPair = (answer: TestAnswer): KeyPair => answer.json<{ keypair: KeyPair }>().keypair;

  it('are imported, shown, listed and deleted', async () => {
    const imported = await add({ name: 'mine', public_key: ED25519 });
    assert.equal(imported.status, 200);
    assert.equal(keyPair(imported).fingerprint, FINGERPRINT);
    assert.equal('private_key' in keyPair(imported), false);
    const shown = keyPair(await scene.call('GET', '/os-keypairs/mine'));
    assert.equal(shown.public_key, ED25519);
    assert.equal(shown.deleted, false);
    const listed = await scene.call('GET', '/os-keypairs');
    assert.deepEqual(listed.json(), {
      keypairs: [{ keypair: { name: 'mine', public_key: ED25519, fingerprint: FINGERPRINT } }],
    });
    assertRefused(
      await add({ name: 'mine', public_key: ED25519 }),
      409,
      "Key pair 'mine' already exists.",
    );
    assert.equal((await scene.call('DELETE', '/os-keypairs/mine')).status, 202);
    assertRefused(
      await scene.call('DELETE', '/os-keypairs/mine'),
      404,
      /^Keypair mine not found for user [0-9a-f]{32}$/,
    );
  });

  it('have a type from 2.2 on, and come in pages from 2.35 on', async () => {
    for (const name of ['a', 'b', 'c']) {
      assert.equal((await add({ name, public_key: ED25519, type: 'ssh' }, '2.2')).status, 201);
    }
    const page = await scene.call('GET', '/os-keypairs?limit=1&marker=a', undefined, {
      version: '2.35',
    });
    const body = page.json<{
      keypairs: { keypair: KeyPair }[];
      keypairs_links: { href: string }[];
    }>();
    assert.deepEqual(
      body.keypairs.map(({ keypair }) => [keypair.name, keypair.type]),
      [['b', 'ssh']],
    );
    assert.match(String(body.keypairs_links[0]?.href), /\/os-keypairs\?limit=1&marker=b$/);
    for (const name of ['a', 'b', 'c']) {
      const gone = await scene.call('DELETE', `/os-keypairs/${name}`, undefined, {
        version: '2.2',
      });
      assert.equal(gone.status, 204);
    }
  });

  it('are generated until 2.92', async () => {
    const made = keyPair(await add({ name: 'made' }));
    const half = createPrivateKey(String(made.private_key));
    assert.equal(half.asymmetricKeyType, 'rsa');
    const again = keyPair(await add({ name: 'made-again', public_key: made.public_key }));
    assert.equal(again.fingerprint, made.fingerprint);
    assertRefused(await add({ name: 'no' }, '2.92'), 400, /'public_key' is a required property$/);
  });

  const bad: [what: string, keypair: Json, message: string | RegExp][] = [
    [
      'no key',
      { name: 'bad', public_key: 'ssh-rsa AAAA' },
      'Keypair data is invalid: failed to generate fingerprint',
    ],
    [
      'a key of another type than it says',
      { name: 'bad', public_key: ED25519.replace('ssh-ed25519', 'ssh-rsa') },
      'Keypair data is invalid: failed to generate fingerprint',
    ],
    ['an empty name', { name: '', public_key: ED25519 }, /'' is too short$/],
    [
      'a name of other characters',
      { name: 'a.b', public_key: ED25519 },
      /^An invalid 'name' value was provided. The name must be: Only expected characters: \[_- 0/,
    ],
    ['no name', { public_key: ED25519 }, /'name' is a required property$/],
  ];
  for (const [what, keypair, message] of bad) {
    it(`are refused with ${what}`, async () => {
      assertRefused(await add(keypair), 400, message);
    });
  }

  it('are no more than the quota', async () => {
    const { keypairs } = (await scene.call('GET', '/os-keypairs')).json<{ keypairs: unknown[] }>();
    await cloud.admin('PUT', '/quota', { keyPairs: keypairs.length });
    assertRefused(
      await add({ name: 'too-many', public_key: ED25519 }),
      403,
      'Quota exceeded, too many key pairs.',
    );
  });
});
