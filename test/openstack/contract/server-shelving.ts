import assert from 'node:assert/strict';
import { act, active, actUntil, shelved, shutOff } from './acted.js';
import type { Document } from './answer.js';
import { bootServer, imageId, microversion } from './booted.js';
import type { Case, Cloud } from './cloud.js';
import { askImages, patchImage, removeImage, showImage } from './image.js';
import type { Fields } from './networked.js';

/** Ids of the images of a server, which are deleted when the case is over. */
async function imagesOf(cloud: Cloud, server: string): Promise<string[]> {
  const list = (await askImages(cloud, 'GET', `/images?instance_uuid=${server}`)).is(200);
  const ids = list.each('images', 'id').map(String);
  for (const id of ids) cloud.undo(() => removeImage(cloud, id));
  return ids;
}

/** Shelves a server; returns the id of its image. */
async function shelve(cloud: Cloud, server: string): Promise<string> {
  await actUntil(cloud, server, { shelve: null }, shelved);
  const [id, ...others] = await imagesOf(cloud, server);
  assert.ok(id !== undefined);
  assert.deepEqual(others, []);
  return id;
}

async function awaitGone(cloud: Cloud, image: string): Promise<void> {
  await cloud.eventually(async () => {
    (await askImages(cloud, 'GET', `/images/${image}`)).is(404);
  });
}

function showServer(cloud: Cloud, id: string): Promise<Document> {
  return cloud.compute.get(`/servers/${id}`).then((answer) => answer.is(200));
}

/** Shelved servers, and the images that are made of them meanwhile. */
export const serverShelvingCases: Case[] = [
  {
    name: 'a shelved server has an image, until it is unshelved',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const image = await shelve(cloud, server);
      const shown = await showImage(cloud, image);
      const name = (await showServer(cloud, server)).string('server.name');
      assert.deepEqual(
        ['name', 'status', 'visibility', 'owner', 'protected', 'min_disk', 'min_ram'].map((field) =>
          shown.at(field),
        ),
        [`${name}-shelved`, 'active', 'private', cloud.projectId, false, 20, 512],
      );
      const named = /^(disk|container)_format$|_type$|^image_|_uuid$|^os_distro$|_ref$/;
      assert.deepEqual(
        Object.fromEntries(
          Object.entries(shown.at('') as object).filter(([field]) => named.test(field)),
        ),
        {
          disk_format: 'raw',
          container_format: 'bare',
          base_image_ref: await imageId(cloud),
          image_location: 'snapshot',
          image_state: 'available',
          image_type: 'snapshot',
          instance_uuid: server,
          os_distro: 'debian',
          os_type: 'linux',
        },
      );
      assert.deepEqual(
        ['owner_id', 'owner_project_name', 'owner_user_name', 'user_id'].map((field) =>
          shown.at(field),
        ),
        [
          ...[cloud.projectId, cloud.target.v3.projectName],
          ...[cloud.target.v3.username, cloud.userId],
        ],
      );
      assert.equal((await showServer(cloud, server)).at('server.image.id'), await imageId(cloud));
      const back = await actUntil(cloud, server, { unshelve: null }, active);
      assert.equal(back.at('server.image.id'), await imageId(cloud));
      await awaitGone(cloud, image);
    },
  },
  {
    name: 'the image of a server that is shelved is there at once, and fills',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      (await act(cloud, server, { shelve: null })).is(202);
      assert.equal((await imagesOf(cloud, server)).length, 1);
      const seen = new Set<unknown>();
      await cloud.eventually(async () => {
        const shown = await showServer(cloud, server);
        seen.add(shown.at('server.OS-EXT-STS:task_state'));
        assert.equal(shown.at('server.status'), 'SHELVED_OFFLOADED');
      });
      const known = [
        ...['shelving', 'shelving_image_pending_upload', 'shelving_image_uploading'],
        ...['shelving_offloading', null],
      ];
      assert.deepEqual(
        [...seen],
        known.filter((taskState) => seen.has(taskState)),
      );
    },
  },
  {
    name: 'a shelved server is deleted with its image',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const image = await shelve(cloud, server);
      (await cloud.compute.delete(`/servers/${server}`)).is(204);
      (await askImages(cloud, 'GET', `/images/${image}`)).is(404);
    },
  },
  {
    name: 'a server whose image is gone is not unshelved',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const image = await shelve(cloud, server);
      (await askImages(cloud, 'DELETE', `/images/${image}`)).is(204);
      (await act(cloud, server, { unshelve: null })).is(202);
      await cloud.eventually(async () => {
        const shown = (await showServer(cloud, server)).at('server') as Fields;
        assert.deepEqual(
          ['status', 'OS-EXT-STS:task_state', 'OS-EXT-STS:power_state', 'fault'].map((name) =>
            name === 'fault' ? { ...(shown.fault as object), created: '' } : shown[name],
          ),
          [
            ...['ERROR', 'unshelving', 4],
            {
              code: 404,
              created: '',
              message: `Unshelve attempted but the image ${image} cannot be found.`,
            },
          ],
        );
      });
    },
  },
  {
    name: 'a protected image stays when its server is unshelved',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      await actUntil(cloud, server, { 'os-stop': null }, shutOff);
      const image = await shelve(cloud, server);
      const protect = [{ op: 'replace', path: '/protected', value: true }];
      (await patchImage(cloud, image, protect)).is(200);
      await actUntil(cloud, server, { unshelve: null }, active);
      assert.equal((await showImage(cloud, image)).at('status'), 'active');
    },
  },
  {
    name: 'a server of a snapshot is shelved into an image of that snapshot',
    run: async (cloud) => {
      const first = await bootServer(cloud);
      const action = { createImage: { name: cloud.name('snapshot') } };
      const snapshot = (await act(cloud, first, action, microversion(45))).string('image_id');
      cloud.undo(() => removeImage(cloud, snapshot));
      await cloud.eventually(async () =>
        assert.equal((await showImage(cloud, snapshot)).at('status'), 'active'),
      );
      const second = await bootServer(cloud, { imageRef: snapshot });
      const image = await shelve(cloud, second);
      assert.equal((await showImage(cloud, image)).at('base_image_ref'), snapshot);
      await actUntil(cloud, second, { unshelve: null }, active);
      await awaitGone(cloud, image);
    },
  },
];
