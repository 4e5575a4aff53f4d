import assert from 'node:assert/strict';
import type { Case } from './cloud.js';
import { notFoundPage } from './containers.js';
import { send } from './service.js';
import { makeContainer, md5, store } from './stored.js';
import {
  inAMinute,
  pathToSign,
  place,
  refused,
  setKeys,
  signable,
  signature,
  tempUrl,
} from './temp-url.js';

/** What temp URLs do not open. */
export const tempUrlRefusalCases: Case[] = [
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
    name: 'temp URLs are for objects, not for listings',
    run: async (cloud) => {
      await setKeys(cloud);
      const box = await makeContainer(cloud);
      (await send('GET', tempUrl(cloud, box), {})).is(401);
    },
  },
];
