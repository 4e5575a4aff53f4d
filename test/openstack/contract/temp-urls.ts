import assert from 'node:assert/strict';
import type { Case, Cloud } from './cloud.js';
import { send } from './service.js';
import { makeContainer, md5, store } from './stored.js';
import {
  inAMinute,
  KEYS,
  pathToSign,
  place,
  refused,
  setKeys,
  signable,
  signature,
  tempUrl,
} from './temp-url.js';

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
];
