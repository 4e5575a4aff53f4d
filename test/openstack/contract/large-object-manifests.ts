import assert from 'node:assert/strict';
import type { Case } from './cloud.js';
import { errorsOf, ETAG, putManifest, segments } from './large-object.js';
import { makeContainer, md5 } from './stored.js';

/** What a manifest must be. */
export const manifestCases: Case[] = [
  {
    name: 'a segment with another etag is refused',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      parts[1] = { ...parts[1]!, etag: md5('other') };
      const answer = (await putManifest(cloud, `${box}/large`, parts)).is(400);
      assert.deepEqual(errorsOf(answer), [`${parts[1].path}, Etag Mismatch`]);
      (await cloud.storage.head(`${box}/large`)).is(404);
    },
  },
  {
    name: 'a segment of another size is refused',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      parts[2] = { ...parts[2]!, size_bytes: 99 };
      const answer = (await putManifest(cloud, `${box}/large`, parts)).is(400);
      assert.deepEqual(errorsOf(answer), [`${parts[2].path}, Size Mismatch`]);
    },
  },
  {
    name: 'a segment that is not there is refused, and all are named at once',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      parts[0] = { path: `${box}/nothing` };
      parts[2] = { ...parts[2]!, etag: md5('other') };
      const answer = (await putManifest(cloud, `${box}/large`, parts)).is(400);
      assert.deepEqual(errorsOf(answer).sort(), [
        `${box}/nothing, 404 Not Found`,
        `${parts[2].path}, Etag Mismatch`,
      ]);
    },
  },
  {
    name: 'a segment of no bytes is too small',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud, ['full', '', 'full']);
      const bare = parts.map(({ path }) => ({ path }));
      const answer = (await putManifest(cloud, `${box}/large`, bare)).is(400);
      assert.deepEqual(errorsOf(answer), [
        `${parts[1]?.path ?? ''}, Too small; each segment must be at least 1 byte.`,
      ]);
    },
  },
  {
    name: 'a refusal is JSON for whoever asks for JSON',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      parts[1] = { ...parts[1]!, etag: md5('other') };
      const headers = { accept: 'application/json' };
      const answer = (await putManifest(cloud, `${box}/large`, parts, headers)).is(400);
      assert.deepEqual(answer.at('Errors'), [[parts[1].path, 'Etag Mismatch']]);
    },
  },
  {
    name: 'a manifest that is no JSON is refused',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const answer = (await putManifest(cloud, `${box}/large`, '[{')).is(400);
      assert.equal(answer.text, 'Manifest must be valid JSON.\n');
    },
  },
  {
    name: 'a manifest that is no list is refused',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const object = (await putManifest(cloud, `${box}/large`, '{}')).is(400);
      assert.equal(object.text, 'Manifest must be a list.\n');
    },
  },
  {
    name: 'a manifest names known things only, and a path of a container and an object',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      const unknown = await putManifest(cloud, `${box}/large`, [{ ...parts[0], color: 'red' }]);
      assert.equal(unknown.is(400).text, 'Index 0: extraneous keys "color"\n');
      (await putManifest(cloud, `${box}/large`, [{ path: '/only-a-container' }])).is(400);
    },
  },
  {
    name: 'a manifest has at most 1000 segments',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud, ['x']);
      const many = Array.from({ length: 1001 }, () => parts[0]);
      const answer = (await putManifest(cloud, `${box}/large`, many)).is(413);
      assert.match(answer.text, /1000/);
    },
  },
  {
    name: 'the etag of the whole is checked when it is given',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      (await putManifest(cloud, `${box}/large`, parts, { etag: md5('other') })).is(422);
      (await putManifest(cloud, `${box}/large`, parts, { etag: ETAG })).is(201);
    },
  },
];
