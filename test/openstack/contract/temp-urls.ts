import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Case, Cloud } from './cloud.js';
import { notFoundPage } from './containers.js';
import { send } from './service.js';
import { makeContainer, md5, store, storeNew } from './stored.js';

/** The account's keys while these cases run, set by the first of them. */
const KEYS = { first: 'first key of the contract', second: 'second key of the contract' };

interface Signing {
  method?: string;
  key?: string;
  digest?: 'sha1' | 'sha256' | 'sha512';
  /** Seconds since the epoch. */
  expires?: number;
  /** What is signed in place of the object's own path. */
  signedPath?: string;
}

const inAMinute = (): number => Math.floor(Date.now() / 1000) + 60;

/** The path of the object as it is signed: decoded, with the version and the account. */
function pathToSign(cloud: Cloud, path: string): string {
  return decodeURIComponent(new URL(cloud.storage.url).pathname + path);
}

function signature(
  cloud: Cloud,
  path: string,
  {
    method = 'GET',
    key = KEYS.first,
    digest = 'sha256',
    expires = inAMinute(),
    signedPath,
  }: Signing,
): string {
  const text = `${method}\n${expires}\n${signedPath ?? pathToSign(cloud, path)}`;
  return createHmac(digest, key).update(text).digest('hex');
}

/** A temp URL for the object at this encoded path. */
function tempUrl(cloud: Cloud, path: string, signing: Signing = {}, more = ''): string {
  const expires = signing.expires ?? inAMinute();
  const sig = signature(cloud, path, { ...signing, expires });
  return `${cloud.storage.url}${path}?temp_url_sig=${sig}&temp_url_expires=${expires}${more}`;
}

async function setKeys(cloud: Cloud): Promise<void> {
  const headers = {
    'x-account-meta-temp-url-key': KEYS.first,
    'x-account-meta-temp-url-key-2': KEYS.second,
  };
  (await cloud.storage.send('POST', '', { headers })).is(204);
}

/** An object to be fetched, in an account whose keys are known. */
async function signable(cloud: Cloud, body = 'content'): Promise<string> {
  await setKeys(cloud);
  return storeNew(cloud, body);
}

async function place(cloud: Cloud): Promise<string> {
  await setKeys(cloud);
  return `${await makeContainer(cloud)}/object`;
}

function refused(answer: Answer): void {
  assert.equal(answer.is(401).text, '401 Unauthorized: Temp URL invalid\n');
}

/** URLs that let their bearer read or write one object for a while. */
export const tempUrlCases: Case[] = [
  {
    name: 'the keys are the account’s metadata, and only its owner sees them',
    run: async (cloud) => {
      await setKeys(cloud);
      const answer = (await cloud.storage.head('')).is(204);
      assert.equal(answer.header('x-account-meta-temp-url-key'), KEYS.first);
      assert.equal(answer.header('x-account-meta-temp-url-key-2'), KEYS.second);
    },
  },
  ...(['sha1', 'sha256', 'sha512'] as const).map((digest) => ({
    name: `a URL signed with ${digest} reads, without a token`,
    run: async (cloud: Cloud) => {
      const path = await signable(cloud);
      const answer = (await send('GET', tempUrl(cloud, path, { digest }), {})).is(200);
      assert.equal(answer.text, 'content');
      assert.equal(answer.header('etag'), md5('content'));
    },
  })),
  ...(['sha1', 'sha256', 'sha512'] as const).map((digest) => ({
    name: `a URL signed with ${digest} writes, without a token`,
    run: async (cloud: Cloud) => {
      const path = await place(cloud);
      const url = tempUrl(cloud, path, { digest, method: 'PUT' });
      const put = (await send('PUT', url, { body: 'written' })).is(201);
      assert.equal(put.header('etag'), md5('written'));
      assert.equal((await cloud.storage.get(path)).is(200).text, 'written');
    },
  })),
  {
    name: 'a signature in base64 names its digest',
    run: async (cloud) => {
      const path = await signable(cloud);
      const expires = inAMinute();
      const hex = signature(cloud, path, { expires });
      const sig = `sha256:${Buffer.from(hex, 'hex').toString('base64url')}`;
      const url = `${cloud.storage.url}${path}?temp_url_sig=${sig}&temp_url_expires=${expires}`;
      (await send('GET', url, {})).is(200);
    },
  },
  {
    name: 'a URL to read is a URL to ask for the headers',
    run: async (cloud) => {
      const path = await signable(cloud);
      const answer = (await send('HEAD', tempUrl(cloud, path), {})).is(200);
      assert.equal(answer.header('content-length'), '7');
      (await send('HEAD', tempUrl(cloud, path, { method: 'HEAD' }), {})).is(200);
    },
  },
  {
    name: 'a URL to write is a URL to ask for the headers, not for the content',
    run: async (cloud) => {
      const path = await signable(cloud);
      const url = tempUrl(cloud, path, { method: 'PUT' });
      (await send('HEAD', url, {})).is(200);
      refused(await send('GET', url, {}));
    },
  },
  {
    name: 'a URL to read does not write or delete',
    run: async (cloud) => {
      const path = await signable(cloud);
      const url = tempUrl(cloud, path);
      refused(await send('PUT', url, { body: 'x' }));
      refused(await send('DELETE', url, {}));
      refused(await send('POST', url, {}));
      assert.equal((await cloud.storage.get(path)).text, 'content');
    },
  },
  {
    name: 'a URL to delete deletes',
    run: async (cloud) => {
      const path = await signable(cloud);
      (await send('DELETE', tempUrl(cloud, path, { method: 'DELETE' }), {})).is(204);
      (await cloud.storage.head(path)).is(404);
    },
  },
  {
    name: 'the second key is as good as the first',
    run: async (cloud) => {
      const path = await signable(cloud);
      (await send('GET', tempUrl(cloud, path, { key: KEYS.second }), {})).is(200);
    },
  },
  {
    name: 'a wrong key is refused',
    run: async (cloud) => {
      const path = await signable(cloud);
      refused(await send('GET', tempUrl(cloud, path, { key: 'wrong' }), {}));
    },
  },
  {
    name: 'a URL is good until its time, not longer',
    run: async (cloud) => {
      const path = await signable(cloud);
      const expires = Math.floor(Date.now() / 1000) - 1;
      refused(await send('GET', tempUrl(cloud, path, { expires }), {}));
    },
  },
  {
    name: 'the time may be an ISO date',
    run: async (cloud) => {
      const path = await signable(cloud);
      const expires = inAMinute();
      const sig = signature(cloud, path, { expires });
      const date = new Date(expires * 1000).toISOString().replace('.000', '');
      const base = `${cloud.storage.url}${path}?temp_url_sig=${sig}&temp_url_expires=`;
      (await send('GET', base + date, {})).is(200);
    },
  },
  {
    name: 'a changed time is refused',
    run: async (cloud) => {
      const path = await signable(cloud);
      const sig = signature(cloud, path, { expires: inAMinute() });
      const url = `${cloud.storage.url}${path}?temp_url_sig=${sig}&temp_url_expires=`;
      refused(await send('GET', url + String(inAMinute() + 60), {}));
    },
  },
  {
    name: 'a URL is good for its own object only',
    run: async (cloud) => {
      const path = await signable(cloud);
      await store(cloud, `${path}-2`, 'other');
      const signedPath = pathToSign(cloud, path);
      refused(await send('GET', tempUrl(cloud, `${path}-2`, { signedPath }), {}));
    },
  },
  {
    name: 'a signature without a time, and a time without a signature, are refused',
    run: async (cloud) => {
      const path = await signable(cloud);
      const url = cloud.storage.url + path;
      refused(await send('GET', `${url}?temp_url_sig=${'a'.repeat(64)}`, {}));
      refused(await send('GET', `${url}?temp_url_expires=${inAMinute()}`, {}));
    },
  },
  {
    name: 'a signature or a time that is none is refused',
    run: async (cloud) => {
      const path = await signable(cloud);
      const url = `${cloud.storage.url}${path}?temp_url_expires=`;
      for (const end of [
        `${inAMinute()}&temp_url_sig=nonsense`,
        `soon&temp_url_sig=${'a'.repeat(64)}`,
      ]) {
        refused(await send('GET', url + end, {}));
      }
    },
  },
  {
    name: 'names with spaces, percent signs, “/v1” and letters of any script are signed as they are',
    run: async (cloud) => {
      await setKeys(cloud);
      const box = await makeContainer(cloud);
      for (const name of [
        'a b',
        '100%',
        '%41',
        'ünï',
        '/v1/x',
        'v1/AUTH_x',
        'what?',
        'a+b',
        '#1',
      ]) {
        const path = `${box}/${encodeURIComponent(name)}`;
        const url = tempUrl(cloud, path, { method: 'PUT' });
        (await send('PUT', url, { body: name })).is(201);
        assert.equal((await send('GET', tempUrl(cloud, path), {})).is(200).text, name);
      }
    },
  },
  {
    name: 'a signature over the encoded path is refused',
    run: async (cloud) => {
      await setKeys(cloud);
      const path = await store(cloud, `${await makeContainer(cloud)}/a%20b`, 'x');
      const signedPath = new URL(cloud.storage.url).pathname + path;
      refused(await send('GET', tempUrl(cloud, path, { signedPath }), {}));
    },
  },
  {
    name: 'a signed object that is not there is not found',
    run: async (cloud) => {
      const answer = await send('GET', tempUrl(cloud, await place(cloud)), {});
      assert.equal(answer.is(404).text, notFoundPage);
    },
  },
  {
    name: 'a part of a signed object is asked for like any other',
    run: async (cloud) => {
      const url = tempUrl(cloud, await signable(cloud, '0123456789'));
      const answer = (await send('GET', url, { headers: { range: 'bytes=2-4' } })).is(206);
      assert.equal(answer.text, '234');
      (await send('GET', url, { headers: { range: 'bytes=10-' } })).is(416);
    },
  },
  {
    name: 'a download is named after the object, or as the URL says',
    run: async (cloud) => {
      const path = await signable(cloud);
      const disposition = async (more: string): Promise<string | null> =>
        (await send('GET', tempUrl(cloud, path, {}, more), {}))
          .is(200)
          .header('content-disposition');
      assert.equal(await disposition(''), `attachment; filename="object"; filename*=UTF-8''object`);
      assert.equal(
        await disposition('&filename=a%20b'),
        `attachment; filename="a b"; filename*=UTF-8''a%20b`,
      );
      assert.equal(await disposition('&inline'), 'inline');
    },
  },
  {
    name: 'a download tells when the URL ends',
    run: async (cloud) => {
      const path = await signable(cloud);
      const expires = inAMinute();
      const answer = (await send('GET', tempUrl(cloud, path, { expires }), {})).is(200);
      const ends = Date.parse(answer.header('expires') ?? '') / 1000;
      assert.equal(ends, expires);
    },
  },
  {
    name: 'a written object’s etag is checked',
    run: async (cloud) => {
      const path = await place(cloud);
      const url = tempUrl(cloud, path, { method: 'PUT' });
      (await send('PUT', url, { body: 'x', headers: { etag: md5('other') } })).is(422);
      (await cloud.storage.head(path)).is(404);
    },
  },
  {
    name: 'a URL to write makes no large object of others’ segments',
    run: async (cloud) => {
      const path = await place(cloud);
      const url = tempUrl(cloud, path, { method: 'PUT' });
      const headers = { 'x-object-manifest': 'other/segments' };
      const answer = await send('PUT', url, { body: '', headers });
      assert.match(answer.is(400).text, /X-Object-Manifest/i);
    },
  },
  {
    name: 'a container may have a key of its own',
    run: async (cloud) => {
      const box = await makeContainer(cloud, { 'x-container-meta-temp-url-key': 'its own' });
      const path = await store(cloud, `${box}/object`, 'content');
      (await send('GET', tempUrl(cloud, path, { key: 'its own' }), {})).is(200);
    },
  },
  {
    name: 'a signed prefix opens all that begins with it',
    run: async (cloud) => {
      await setKeys(cloud);
      const box = await makeContainer(cloud);
      await store(cloud, `${box}/in/a`, 'inside');
      await store(cloud, `${box}/out`, 'outside');
      const signedPath = `prefix:${pathToSign(cloud, `${box}/in/`)}`;
      const url = (path: string): string =>
        tempUrl(cloud, path, { signedPath }, '&temp_url_prefix=in/');
      assert.equal((await send('GET', url(`${box}/in/a`), {})).is(200).text, 'inside');
      refused(await send('GET', url(`${box}/out`), {}));
    },
  },
  {
    name: 'temp URLs are for objects, not for listings',
    run: async (cloud) => {
      await setKeys(cloud);
      const box = await makeContainer(cloud);
      (await send('GET', tempUrl(cloud, box), {})).is(401);
    },
  },
];
