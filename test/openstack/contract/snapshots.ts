import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { act } from './acted.js';
import type { Answer } from './answer.js';
import { awaitStatus, bootServer, createServer, imageId, microversion } from './booted.js';
import type { Case, Cloud } from './cloud.js';
import { activeImage, askImages, queuedImage, removeImage, showImage } from './image.js';

/** Takes a snapshot of a server; returns the id of its image, which is active then. */
async function takeSnapshot(
  cloud: Cloud,
  server: string,
  createImage: Record<string, unknown> = {},
): Promise<string> {
  const action = { createImage: { name: cloud.name('snapshot'), ...createImage } };
  const answer = (await act(cloud, server, action, microversion(45))).is(202);
  assert.deepEqual(answer.keys(''), ['image_id']);
  const image = answer.string('image_id');
  cloud.undo(() => removeImage(cloud, image));
  await awaitActive(cloud, image);
  return image;
}

function awaitActive(cloud: Cloud, image: string): Promise<unknown> {
  return cloud.eventually(async () =>
    assert.equal((await showImage(cloud, image)).at('status'), 'active'),
  );
}

/** Images of servers, and servers of one's own images. */
export const snapshotCases: Case[] = [
  {
    name: 'a snapshot is an image, of which Nova says what it is of',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const metadata = { purpose: 'safety', os_version: '12.1' };
      const id = await takeSnapshot(cloud, server, { metadata });
      const shown = await showImage(cloud, id);
      assert.deepEqual(
        Object.fromEntries(
          Object.entries(shown.at('') as object).filter(
            ([name]) =>
              !/_at$|^owner_specified|^(checksum|os_hash_value|name|.*size|self|file)$/.test(name),
          ),
        ),
        {
          id,
          status: 'active',
          visibility: 'private',
          owner: cloud.projectId,
          protected: false,
          os_hidden: false,
          os_hash_algo: 'sha512',
          min_disk: 20,
          min_ram: 512,
          disk_format: 'raw',
          container_format: 'bare',
          tags: [],
          stores: 'file',
          schema: '/v2/schemas/image',
          base_image_ref: await imageId(cloud),
          boot_roles: shown.string('boot_roles'),
          image_location: 'snapshot',
          image_state: 'available',
          image_type: 'snapshot',
          instance_uuid: server,
          os_distro: 'debian',
          os_type: 'linux',
          os_version: '12.1',
          owner_id: cloud.projectId,
          owner_project_name: cloud.target.v3.projectName,
          owner_user_name: cloud.target.v3.username,
          purpose: 'safety',
          user_id: cloud.userId,
        },
      );
      assert.deepEqual(shown.string('boot_roles').split(',').sort(), ['member', 'reader']);
      await awaitStatus(cloud, server, 'ACTIVE');
      const actions = await cloud.compute.get(`/servers/${server}/os-instance-actions`);
      assert.deepEqual(actions.is(200).each('instanceActions', 'action'), [
        'createImage',
        'create',
      ]);
    },
  },
  {
    name: 'until 2.45 a header tells where the snapshot is',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const answer = (await act(cloud, server, { createImage: { name: 'located' } })).is(202);
      assert.equal(answer.text, '');
      const id = /\/images\/([0-9a-f-]{36})$/.exec(answer.header('location') ?? '')?.[1] ?? '';
      cloud.undo(() => removeImage(cloud, id));
      assert.equal((await showImage(cloud, id)).at('name'), 'located');
      await awaitActive(cloud, id);
    },
  },
  {
    name: 'a server is active while its image is made, and does nothing else',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const action = { createImage: { name: cloud.name('snapshot') } };
      const image = (await act(cloud, server, action, microversion(45))).string('image_id');
      cloud.undo(() => removeImage(cloud, image));
      const busy = (await cloud.compute.get(`/servers/${server}`)).is(200);
      assert.equal(busy.at('server.status'), 'ACTIVE');
      const again = await act(cloud, server, { ...action });
      const late = again.header('location')?.split('/').at(-1);
      if (late !== undefined) cloud.undo(() => removeImage(cloud, late));
      else {
        const told = new RegExp(
          `^Cannot 'createImage' instance ${server} while it is in task_state image_`,
        );
        again.nova(409, 'conflictingRequest', told);
      }
      await awaitActive(cloud, image);
    },
  },
  {
    name: 'a stopped server has its snapshot too, and a locked one',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      (await act(cloud, server, { 'os-stop': null })).is(202);
      await awaitStatus(cloud, server, 'SHUTOFF');
      (await act(cloud, server, { lock: null })).is(202);
      cloud.undo(() => act(cloud, server, { unlock: null }));
      await takeSnapshot(cloud, server);
      await awaitStatus(cloud, server, 'SHUTOFF');
    },
  },
  {
    name: 'a server that still builds has no snapshot',
    run: async (cloud) => {
      const server = (await createServer(cloud)).is(202).string('server.id');
      const answer = await act(cloud, server, { createImage: { name: 'early' } });
      const id = answer.header('location')?.split('/').at(-1);
      if (id !== undefined) cloud.undo(() => removeImage(cloud, id));
      else {
        answer.nova(
          409,
          'conflictingRequest',
          `Cannot 'createImage' instance ${server} while it is in vm_state building`,
        );
      }
    },
  },
  {
    name: 'what is no snapshot is refused',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const refused = (action: unknown, headers?: Record<string, string>) =>
        act(cloud, server, action, headers);
      (await refused({ createImage: {} })).nova(
        400,
        'badRequest',
        /'name' is a required property$/,
      );
      (await refused({ createImage: { name: '' } })).nova(400, 'badRequest', /'' is too short$/);
      (await refused({ createImage: { name: 'x', color: 'red' } })).nova(
        400,
        'badRequest',
        /Additional properties are not allowed \('color' was unexpected\)$/s,
      );
      const many = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, 'v']));
      (await refused({ createImage: { name: 'x', metadata: many } })).nova(
        403,
        'forbidden',
        'Image metadata limit exceeded',
      );
      (await refused({ createBackup: { name: 'x', rotation: 1 } })).nova(
        400,
        'badRequest',
        /'backup_type' is a required property$/,
      );
      const backup = { name: 'x', backup_type: 'daily', rotation: -1 };
      (await refused({ createBackup: backup })).nova(
        400,
        'badRequest',
        'Invalid input for field/attribute rotation. Value: -1. -1 is less than the minimum of 0',
      );
      const none = randomUUID();
      (await act(cloud, none, { createImage: { name: 'x' } })).nova(
        404,
        'itemNotFound',
        `Instance ${none} could not be found.`,
      );
    },
  },
  {
    name: 'of backups only so many are kept',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const backup = async (rotation: number): Promise<Answer> => {
        const createBackup = { name: cloud.name('backup'), backup_type: 'daily', rotation };
        const answer = (await act(cloud, server, { createBackup }, microversion(45))).is(202);
        const id = answer.string('image_id');
        cloud.undo(() => removeImage(cloud, id));
        await awaitStatus(cloud, server, 'ACTIVE');
        return answer;
      };
      const kept = async (): Promise<unknown[]> => {
        const query = `instance_uuid=${server}&backup_type=daily&image_type=backup`;
        return (await askImages(cloud, 'GET', `/images?${query}`)).is(200).each('images', 'id');
      };
      const first = (await backup(1)).string('image_id');
      assert.deepEqual(await kept(), [first]);
      // Glance counts time in seconds.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const second = (await backup(1)).string('image_id');
      await cloud.eventually(async () => assert.deepEqual(await kept(), [second]));
      await backup(0);
      await cloud.eventually(async () => assert.deepEqual(await kept(), []));
    },
  },
  {
    name: 'Compute shows a snapshot with its server, and deletes it',
    run: async (cloud) => {
      const server = await bootServer(cloud);
      const id = await takeSnapshot(cloud, server);
      const shown = (await cloud.compute.get(`/images/${id}`)).is(200);
      const { server: of } = shown.at('image') as {
        server: { id: string; links: { rel: string }[] };
      };
      assert.equal(of.id, server);
      assert.deepEqual(
        of.links.map(({ rel }) => rel),
        ['self', 'bookmark'],
      );
      assert.deepEqual(
        ['status', 'progress', 'minDisk', 'minRam', 'metadata.image_type'].map((name) =>
          shown.at(`image.${name}`),
        ),
        ['ACTIVE', 100, 20, 512, 'snapshot'],
      );
      const listed = async (query: string): Promise<unknown[]> =>
        (await cloud.compute.get(`/images/detail?${query}`)).is(200).each('images', 'id');
      assert.deepEqual(await listed(`server=${server}`), [id]);
      assert.deepEqual(await listed(`server=${server}&type=SNAPSHOT`), [id]);
      assert.deepEqual(await listed(`server=${server}&status=SAVING`), []);
      (await cloud.compute.delete(`/images/${id}`)).is(204);
      (await cloud.compute.get(`/images/${id}`)).is(404);
      (await cloud.compute.delete(`/images/${await imageId(cloud)}`)).nova(
        403,
        'forbidden',
        'You are not allowed to delete the image.',
      );
    },
  },
  {
    name: 'Compute shows an image that waits for its bytes as being saved',
    run: async (cloud) => {
      const id = await queuedImage(cloud, { auto_disk_config: 'true' });
      const shown = (await cloud.compute.get(`/images/${id}`)).is(200);
      assert.deepEqual(
        ['status', 'progress', 'OS-EXT-IMG-SIZE:size', 'OS-DCF:diskConfig'].map((name) =>
          shown.at(`image.${name}`),
        ),
        ['SAVING', 25, 0, 'AUTO'],
      );
      (await createServer(cloud, { imageRef: id })).nova(
        400,
        'badRequest',
        `Image ${id} is not active.`,
      );
    },
  },
  {
    name: 'a server is made of a snapshot, and keeps its reference when the image is gone',
    run: async (cloud) => {
      const first = await bootServer(cloud);
      const image = await takeSnapshot(cloud, first);
      const second = await bootServer(cloud, { imageRef: image });
      const of = async (): Promise<unknown> =>
        (await cloud.compute.get(`/servers/${second}`)).is(200).at('server.image.id');
      assert.equal(await of(), image);
      const again = await takeSnapshot(cloud, second);
      assert.equal((await showImage(cloud, again)).at('base_image_ref'), await imageId(cloud));
      (await askImages(cloud, 'DELETE', `/images/${image}`)).is(204);
      assert.equal(await of(), image);
      (await createServer(cloud, { imageRef: image })).nova(
        400,
        'badRequest',
        'Can not find requested image',
      );
    },
  },
  {
    name: 'a server is made of an uploaded image that fits its flavor',
    run: async (cloud) => {
      const id = await activeImage(cloud, { min_ram: 1024, min_disk: 20 });
      await bootServer(cloud, { imageRef: id });
      const large = await activeImage(cloud, { min_ram: 4096 });
      (await createServer(cloud, { imageRef: large })).nova(
        400,
        'badRequest',
        "Flavor's memory is too small for requested image.",
      );
      const wide = await activeImage(cloud, { min_disk: 21 });
      (await createServer(cloud, { imageRef: wide })).nova(
        400,
        'badRequest',
        /^Flavor's disk is smaller than the minimum size specified in image metadata\./,
      );
    },
  },
];
