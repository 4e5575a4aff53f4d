import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Case, Cloud } from './cloud.js';

const at = (minor: number): Record<string, string> => ({
  'openstack-api-version': `compute 2.${minor}`,
});

/** An ed25519 public key in OpenSSH's form. */
export function publicKey(comment = 'contract@test'): string {
  const der = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  return openSsh('ssh-ed25519', [der.subarray(-32)], comment);
}

function openSsh(type: string, fields: Buffer[], comment: string): string {
  const parts = [Buffer.from(type), ...fields].flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `${type} ${Buffer.concat(parts).toString('base64')} ${comment}`;
}

function rsaKey(): string {
  const { n, e } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    format: 'jwk',
  });
  const exponent = Buffer.from(String(e), 'base64url');
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.from(String(n), 'base64url')]);
  return openSsh('ssh-rsa', [exponent, modulus], 'contract@test');
}

/** MD5 of the key's bytes, as Nova tells it. */
function fingerprint(key: string): string {
  const bytes = Buffer.from(key.split(' ')[1] ?? '', 'base64');
  const hex = createHash('md5').update(bytes).digest('hex');
  return hex.replace(/..(?=.)/g, '$&:');
}

/** Asks for a key pair, which is deleted when the case is over. */
export async function importKey(
  cloud: Cloud,
  keypair: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await cloud.compute.post('/os-keypairs', { keypair }, headers);
  const name = answer.at('keypair.name');
  if (typeof name === 'string') {
    cloud.undo(() => cloud.compute.delete(`/os-keypairs/${encodeURIComponent(name)}`));
  }
  return answer;
}

/** A key pair of a new key; returns its name. */
export async function makeKey(cloud: Cloud): Promise<string> {
  const name = cloud.name('key');
  (await importKey(cloud, { name, public_key: publicKey() })).is(200);
  return name;
}

function missing(answer: Answer, cloud: Cloud, name: string): void {
  answer.nova(404, 'itemNotFound', `Keypair ${name} not found for user ${cloud.userId}`);
}

/** Key pairs of Compute. */
export const keyPairCases: Case[] = [
  {
    name: 'an imported key is told with its fingerprint',
    run: async (cloud) => {
      const [name, public_key] = [cloud.name('key'), publicKey()];
      const answer = await importKey(cloud, { name, public_key });
      answer.says(200, {
        keypair: {
          name,
          public_key,
          fingerprint: fingerprint(public_key),
          user_id: cloud.userId,
        },
      });
    },
  },
  {
    name: 'an RSA key is imported like any other',
    run: async (cloud) => {
      const public_key = rsaKey();
      const answer = (await importKey(cloud, { name: cloud.name('key'), public_key })).is(200);
      assert.equal(answer.at('keypair.fingerprint'), fingerprint(public_key));
    },
  },
  {
    name: 'from 2.2 on a new key is Created, and has a type',
    run: async (cloud) => {
      const keypair = { name: cloud.name('key'), public_key: publicKey() };
      const answer = (await importKey(cloud, keypair, at(2))).is(201);
      assert.equal(answer.at('keypair.type'), 'ssh');
    },
  },
  {
    name: 'a key pair is shown',
    run: async (cloud) => {
      const name = await makeKey(cloud);
      const answer = (await cloud.compute.get(`/os-keypairs/${name}`)).is(200);
      assert.equal(answer.at('keypair.name'), name);
      assert.equal(answer.at('keypair.user_id'), cloud.userId);
      assert.equal(answer.at('keypair.deleted'), false);
      assert.equal(typeof answer.at('keypair.id'), 'number');
      assert.match(answer.string('keypair.created_at'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    },
  },
  {
    name: 'key pairs are listed without their dates',
    run: async (cloud) => {
      const name = await makeKey(cloud);
      const answer = (await cloud.compute.get('/os-keypairs')).is(200);
      const found = answer.list('keypairs').find((item) => item.at('keypair.name') === name);
      assert.deepEqual(found?.keys('keypair'), ['fingerprint', 'name', 'public_key']);
    },
  },
  {
    name: 'from 2.35 on the list has pages',
    run: async (cloud) => {
      const base = cloud.name('page');
      for (const letter of ['a', 'b', 'c']) {
        const keypair = { name: `${base}-${letter}`, public_key: publicKey() };
        (await importKey(cloud, keypair)).is(200);
      }
      const path = `/os-keypairs?limit=2&marker=${base}-a`;
      const answer = (await cloud.compute.get(path, at(35))).is(200);
      const names = answer.each('keypairs', 'keypair.name');
      assert.deepEqual(names, [`${base}-b`, `${base}-c`]);
      assert.equal(answer.at('keypairs_links.0.rel'), 'next');
      assert.match(answer.string('keypairs_links.0.href'), new RegExp(`marker=${base}-c`));
      (await cloud.compute.get(`/os-keypairs?marker=${base}-x`, at(35))).nova(
        400,
        'badRequest',
        `Marker ${base}-x could not be found.`,
      );
    },
  },
  {
    name: 'a name that is taken is a conflict, even with the same key',
    run: async (cloud) => {
      const keypair = { name: cloud.name('key'), public_key: publicKey() };
      (await importKey(cloud, keypair)).is(200);
      for (const again of [keypair, { ...keypair, public_key: publicKey() }]) {
        (await cloud.compute.post('/os-keypairs', { keypair: again })).nova(
          409,
          'conflictingRequest',
          `Key pair '${keypair.name}' already exists.`,
        );
      }
    },
  },
  {
    name: 'what is no public key is refused',
    run: async (cloud) => {
      for (const public_key of ['nonsense', 'ssh-rsa AAAA', `ssh-rsa ${'A'.repeat(40)}`]) {
        const answer = await importKey(cloud, { name: cloud.name('key'), public_key });
        answer.nova(400, 'badRequest', /^Keypair data is invalid: /);
      }
    },
  },
  {
    name: 'a key pair needs a name',
    run: async (cloud) => {
      (await importKey(cloud, { public_key: publicKey() })).nova(
        400,
        'badRequest',
        /^Invalid input for field\/attribute keypair\. Value: \{.*\}\. 'name' is a required property$/,
      );
      (await importKey(cloud, { name: '', public_key: publicKey() })).nova(
        400,
        'badRequest',
        /^Invalid input for field\/attribute name\. Value: \. '' is too short$/,
      );
    },
  },
  {
    name: 'a name has letters, digits, hyphens, underscores and spaces only',
    run: async (cloud) => {
      const name = `${cloud.name('key')}/x`;
      (await importKey(cloud, { name, public_key: publicKey() })).nova(
        400,
        'badRequest',
        /^An invalid 'name' value was provided\. The name must be: Only expected characters: \[_- /,
      );
      const spaced = `a ${cloud.name('key')}_1`;
      (await importKey(cloud, { name: spaced, public_key: publicKey() })).is(200);
      (await cloud.compute.get(`/os-keypairs/${encodeURIComponent(spaced)}`)).is(200);
    },
  },
  {
    name: 'a name is at most 255 letters long',
    run: async (cloud) => {
      const name = `key${randomBytes(127).toString('hex')}`;
      (await importKey(cloud, { name, public_key: publicKey() })).nova(
        400,
        'badRequest',
        /is too long$/,
      );
      (await importKey(cloud, { name: name.slice(0, 255), public_key: publicKey() })).is(200);
    },
  },
  {
    name: 'an unknown attribute is refused',
    run: async (cloud) => {
      const keypair = { name: cloud.name('key'), public_key: publicKey() };
      (await importKey(cloud, { ...keypair, color: 'red' })).nova(
        400,
        'badRequest',
        /Additional properties are not allowed \('color' was unexpected\)$/,
      );
      (await importKey(cloud, { ...keypair, type: 'ssh' })).nova(
        400,
        'badRequest',
        /'type' was unexpected/,
      );
    },
  },
  {
    name: 'a body that is no JSON is refused',
    run: async (cloud) => {
      const headers = { 'content-type': 'application/json' };
      (await cloud.compute.send('POST', '/os-keypairs', { body: '{', headers })).nova(
        400,
        'badRequest',
        'Malformed request body',
      );
    },
  },
  {
    name: 'without a public key the cloud makes one, up to 2.91',
    run: async (cloud) => {
      const name = cloud.name('key');
      const answer = (await importKey(cloud, { name })).is(200);
      assert.match(answer.string('keypair.private_key'), /^-----BEGIN RSA PRIVATE KEY-----\n/);
      assert.match(answer.string('keypair.public_key'), /^ssh-rsa AAAA/);
      (await importKey(cloud, { name: cloud.name('key') }, at(92))).nova(
        400,
        'badRequest',
        /'public_key' is a required property$/,
      );
    },
  },
  {
    name: 'a key pair is deleted once',
    run: async (cloud) => {
      const name = await makeKey(cloud);
      assert.equal((await cloud.compute.delete(`/os-keypairs/${name}`)).is(202).text, '');
      missing(await cloud.compute.delete(`/os-keypairs/${name}`), cloud, name);
      missing(await cloud.compute.get(`/os-keypairs/${name}`), cloud, name);
      const second = await makeKey(cloud);
      (await cloud.compute.delete(`/os-keypairs/${second}`, at(2))).is(204);
    },
  },
];
