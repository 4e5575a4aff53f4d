import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { createServer, imageId } from './booted.js';
import type { Case } from './cloud.js';
import {
  activeImage,
  askImages,
  createImage,
  digest,
  listedNames,
  PATCH_4,
  patchImage,
  queuedImage,
  showImage,
  upload,
} from './image.js';

/** What webob says itself, where Glance's words stand below. */
const denied = 'Access was denied to this resource.\n';
const conflict = 'There was a conflict when trying to complete your request.\n';

/** Images of the project's own, from the first to the last. */
export const imageCases: Case[] = [
  {
    name: 'a new image waits for its bytes',
    run: async (cloud) => {
      const name = cloud.name('image');
      const made = (await createImage(cloud, { name, os_distro: 'debian', tags: ['b'] })).is(201);
      const id = made.string('id');
      assert.ok(made.header('location')?.endsWith(`/v2/images/${id}`));
      assert.match(made.header('openstack-image-store-ids') ?? '', /^file,/);
      const {
        created_at: created,
        updated_at: updated,
        ...others
      } = made.at('') as {
        created_at: string;
        updated_at: string;
      };
      assert.match(created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(updated, created);
      assert.deepEqual(others, {
        id,
        name,
        status: 'queued',
        visibility: 'shared',
        owner: cloud.projectId,
        protected: false,
        os_hidden: false,
        min_disk: 0,
        min_ram: 0,
        disk_format: null,
        container_format: null,
        checksum: null,
        os_hash_algo: null,
        os_hash_value: null,
        size: null,
        virtual_size: null,
        tags: ['b'],
        os_distro: 'debian',
        self: `/v2/images/${id}`,
        file: `/v2/images/${id}/file`,
        schema: '/v2/schemas/image',
      });
      (await askImages(cloud, 'GET', `/images/${id}/file`)).is(204);
    },
  },
  {
    name: 'an image may bring its own id, once',
    run: async (cloud) => {
      const id = randomUUID();
      assert.equal((await createImage(cloud, { id })).is(201).at('id'), id);
      const taken = `Image ID ${id} already exists!`;
      (await createImage(cloud, { id })).glance(409, taken);
      (await askImages(cloud, 'DELETE', `/images/${id}`)).is(204);
      (await createImage(cloud, { id })).glance(409, taken);
    },
  },
  {
    name: 'what an image cannot be is refused in jsonschema’s words',
    run: async (cloud) => {
      (await createImage(cloud, { min_disk: 'much' })).glance(
        400,
        "Provided object does not match schema 'image': 'much' is not of type 'integer'\n\n" +
          "Failed validating 'type' in schema['properties']['min_disk']:\n" +
          "    {'description': 'Amount of disk space (in GB) required to boot image.',\n" +
          "     'type': 'integer'}\n\nOn instance['min_disk']:\n    'much'",
      );
      (await createImage(cloud, { color: 1 })).glance(
        400,
        "Provided object does not match schema 'image': 1 is not of type 'string'\n\n" +
          "Failed validating 'type' in schema['additionalProperties']:\n" +
          "    {'type': 'string'}\n\nOn instance['color']:\n    1",
      );
      (await createImage(cloud, { disk_format: 'floppy' })).glance(
        400,
        "Provided object does not match schema 'image': 'floppy' is not one of [None, 'ami', " +
          "'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop']\n\n" +
          "Failed validating 'enum' in schema['properties']['disk_format']:\n" +
          "    {'description': 'Format of the disk',\n     'enum': [None,\n              'ami',\n" +
          "              'ari',\n              'aki',\n              'vhd',\n" +
          "              'vhdx',\n              'vmdk',\n              'raw',\n" +
          "              'qcow2',\n              'vdi',\n              'iso',\n" +
          "              'ploop'],\n     'type': ['null', 'string']}\n\n" +
          "On instance['disk_format']:\n    'floppy'",
      );
      (await createImage(cloud, { kernel_id: 'none' })).glance(
        400,
        /^Provided object .* 'none' does not match '\^\(\[0-9a-fA-F\]\)\{8\}.*\n\nFailed validating 'pattern' in schema\['properties'\]\['kernel_id'\]:\n {4}\{'description': 'ID of image stored in Glance that should be used as '\n {20}'the kernel when booting an AMI-style image\.',\n {5}'is_base': False,\n/s,
      );
      (await createImage(cloud, { tags: ['a', 'b'.repeat(256)] })).glance(
        400,
        /is too long\n\nFailed validating 'maxLength' in schema\['properties'\]\['tags'\]\['items'\]:\n {4}\{'maxLength': 255, 'type': 'string'\}\n\nOn instance\['tags'\]\[1\]:\n {4}'b+'$/,
      );
    },
  },
  {
    name: 'what Glance sets itself, or keeps for itself, is refused',
    run: async (cloud) => {
      for (const fields of [{ self: 'x' }, { status: 'active' }, { size: 1 }, { checksum: 'x' }]) {
        const [name] = Object.keys(fields);
        (await createImage(cloud, fields)).glance(403, `Attribute '${name}' is read-only.`);
      }
      for (const name of ['location', 'deleted', 'os_glance_import_task']) {
        (await createImage(cloud, { [name]: 'x' })).glance(
          403,
          `${denied}Attribute '${name}' is reserved.`,
        );
      }
      (await createImage(cloud, { ['k'.repeat(256)]: 'v' })).glance(
        400,
        'Custom property should not be greater than 255 characters.',
      );
      (await createImage(cloud, { min_ram: -1 })).glance(
        400,
        "Invalid value '-1' for parameter 'min_ram': Cannot be a negative value",
      );
      (await createImage(cloud, { min_disk: 2 ** 31 })).glance(
        400,
        "'min_disk' value out of range, must not exceed 2147483647.",
      );
    },
  },
  {
    name: 'a body that is none is refused',
    run: async (cloud) => {
      const send = (body: string) => askImages(cloud, 'POST', '/images', { body });
      (await send('{')).glance(400, 'Malformed JSON in request body.');
      (await send('1')).glance(400, 'Unexpected body type. Expected list/dict.');
      (await askImages(cloud, 'POST', '/images')).glance(400, 'Body expected in request.');
    },
  },
  {
    name: 'an image is private, shared or for the community; public ones are the cloud’s own',
    run: async (cloud) => {
      for (const visibility of ['private', 'shared', 'community']) {
        const made = (await createImage(cloud, { visibility })).is(201);
        assert.equal(made.at('visibility'), visibility);
      }
      const message = 'You are not authorized to complete publicize_image action.';
      (await createImage(cloud, { visibility: 'public' })).glance(403, message);
      const id = await queuedImage(cloud);
      const replace = { op: 'replace', path: '/visibility', value: 'public' };
      (await patchImage(cloud, id, [replace])).glance(403, message);
      (await createImage(cloud, { owner: 'another' })).glance(
        403,
        "You are not permitted to create images owned by 'another'.",
      );
    },
  },
  {
    name: 'an image has at most 128 properties and 128 tags',
    run: async (cloud) => {
      const many = (n: number) => Array.from({ length: n }, (_, i) => `k${i}`);
      const properties = (n: number) => Object.fromEntries(many(n).map((key) => [key, 'v']));
      const refused = (what: string) =>
        `The limit has been exceeded on the number of allowed image ${what}. Attempted: 129, Maximum: 128`;
      (await createImage(cloud, properties(129))).glance(413, refused('properties'));
      (await createImage(cloud, { tags: many(129) })).glance(413, refused('tags'));
      const id = (await createImage(cloud, properties(128))).is(201).string('id');
      (await patchImage(cloud, id, [{ op: 'add', path: '/one', value: 'more' }])).glance(
        413,
        refused('properties'),
      );
    },
  },
  {
    name: 'bytes make an image active, with their size and hashes',
    run: async (cloud) => {
      const bytes = Buffer.alloc(300_000, 'image');
      const id = await activeImage(cloud, {}, bytes);
      const shown = await showImage(cloud, id);
      const fields = ['status', 'size', 'virtual_size', 'checksum', 'os_hash_algo'];
      assert.deepEqual(
        [...fields, 'os_hash_value', 'stores'].map((name) => shown.at(name)),
        [
          ...['active', bytes.length, bytes.length, digest('md5', bytes), 'sha512'],
          ...[digest('sha512', bytes), 'file'],
        ],
      );
      const down = (await askImages(cloud, 'GET', `/images/${id}/file`)).is(200);
      assert.ok(down.bytes.equals(bytes));
      assert.equal(down.header('content-type'), 'application/octet-stream');
      assert.equal(down.header('content-md5'), digest('md5', bytes));
      assert.equal(down.header('content-length'), String(bytes.length));
    },
  },
  {
    name: 'bytes may come without a length, and none are bytes too',
    run: async (cloud) => {
      const id = await queuedImage(cloud);
      const body = new ReadableStream({
        start: (stream) => {
          for (const part of ['a', 'b', 'c']) stream.enqueue(Buffer.from(part));
          stream.close();
        },
      });
      (await upload(cloud, id, body)).is(204);
      assert.equal((await showImage(cloud, id)).at('checksum'), digest('md5', 'abc'));
      const empty = await queuedImage(cloud, { disk_format: 'qcow2' });
      (await upload(cloud, empty, '')).is(204);
      const shown = await showImage(cloud, empty);
      assert.deepEqual(
        ['status', 'size', 'virtual_size', 'checksum'].map((name) => shown.at(name)),
        ['active', 0, null, digest('md5', '')],
      );
      assert.equal((await askImages(cloud, 'GET', `/images/${empty}/file`)).is(200).text, '');
    },
  },
  {
    name: 'a part of an image is read',
    run: async (cloud) => {
      const id = await activeImage(cloud, {}, '0123456789');
      const part = (range: string) =>
        askImages(cloud, 'GET', `/images/${id}/file`, { headers: { range } });
      for (const [range, text, told] of [
        ['bytes=2-4', '234', 'bytes 2-4/10'],
        ['bytes=7-', '789', 'bytes 7-9/10'],
        ['bytes=-2', '89', 'bytes 8-9/10'],
        ['bytes=8-99', '89', 'bytes 8-9/10'],
      ] as const) {
        const answer = (await part(range)).is(206);
        assert.equal(answer.text, text);
        assert.equal(answer.header('content-range'), told);
      }
      (await part('bytes=10-')).glance(
        416,
        /Invalid start position in Range header\. .*\[0, 9\]\.$/,
      );
      (await part('lines=1-2')).glance(
        416,
        'The Range requested is not available.\nInvalid Range header.',
      );
      (await part('bytes=0-1,3-4')).glance(400, /^Requests with multiple ranges are not supported/);
    },
  },
  {
    name: 'bytes are not taken twice, of another type, or before it is said what they are',
    run: async (cloud) => {
      const id = await activeImage(cloud);
      (await upload(cloud, id, 'x')).glance(
        409,
        'Image status transition from active to saving is not allowed',
      );
      const queued = await queuedImage(cloud);
      (await upload(cloud, queued, 'x', 'text/plain')).glance(
        415,
        'The request media type text/plain is not supported by this server.',
      );
      const bare = (await createImage(cloud, { container_format: 'bare' })).is(201).string('id');
      (await upload(cloud, bare, 'x')).glance(
        400,
        'Property disk_format must be set prior to saving data.',
      );
      const nothing = (await createImage(cloud)).is(201).string('id');
      (await upload(cloud, nothing, 'x')).glance(
        400,
        'Properties disk_format, container_format must be set prior to saving data.',
      );
      const none = randomUUID();
      (await upload(cloud, none, 'x')).glance(404, `No image found with ID ${none}`);
      (await upload(cloud, await imageId(cloud), 'x')).is(403);
    },
  },
  {
    name: 'an upload that breaks off leaves an image that waits for its bytes',
    run: async (cloud) => {
      const id = await queuedImage(cloud);
      await new Promise<void>((resolve) => {
        const headers = {
          'x-auth-token': cloud.token,
          'content-type': 'application/octet-stream',
          'content-length': '1000000',
        };
        const url = `${cloud.image.url}/images/${id}/file`;
        const broken = request(url, { method: 'PUT', headers });
        broken.on('error', () => {
          resolve();
        });
        broken.write(Buffer.alloc(100_000), () => setTimeout(() => broken.destroy(), 500));
        broken.on('close', resolve);
      });
      await cloud.eventually(async () => {
        const shown = await showImage(cloud, id);
        assert.deepEqual([shown.at('status'), shown.at('size')], ['queued', null]);
      });
      (await upload(cloud, id, 'whole')).is(204);
      assert.equal((await showImage(cloud, id)).at('size'), 5);
    },
  },
  {
    name: 'an image is changed by JSON patch, all of it or nothing',
    run: async (cloud) => {
      const id = await queuedImage(cloud, { color: 'red', tags: ['a'] });
      const changed = (
        await patchImage(cloud, id, [
          { op: 'replace', path: '/name', value: 'renamed' },
          { op: 'replace', path: '/color', value: 'blue' },
          { op: 'add', path: '/shape', value: 'round' },
          { op: 'replace', path: '/tags', value: ['x', 'y', 'x'] },
          { op: 'add', path: '/min_ram', value: 64 },
          { op: 'replace', path: '/disk_format', value: 'qcow2' },
          { op: 'add', path: '/a~1b', value: 'slashed' },
        ])
      ).is(200);
      assert.deepEqual(
        ['name', 'color', 'shape', 'min_ram', 'disk_format', 'a/b'].map((name) => changed.at(name)),
        ['renamed', 'blue', 'round', 64, 'qcow2', 'slashed'],
      );
      assert.deepEqual([...(changed.at('tags') as string[])].sort(), ['x', 'y']);
      const failed = [
        { op: 'replace', path: '/name', value: 'half' },
        { op: 'remove', path: '/nothing' },
      ];
      (await patchImage(cloud, id, failed)).glance(
        409,
        `${conflict}Property nothing does not exist.`,
      );
      assert.equal((await showImage(cloud, id)).at('name'), 'renamed');
      (await patchImage(cloud, id, [{ op: 'remove', path: '/color' }])).is(200);
      assert.equal((await showImage(cloud, id)).at('color'), undefined);
      assert.equal((await patchImage(cloud, id, [])).is(200).at('name'), 'renamed');
    },
  },
  {
    name: 'the older form of JSON patch adds nothing that is there',
    run: async (cloud) => {
      const id = await queuedImage(cloud);
      const patch = (changes: unknown) => patchImage(cloud, id, changes, PATCH_4);
      (
        await patch([
          { replace: '/name', value: 'older' },
          { add: '/color', value: 'red' },
        ])
      ).is(200);
      const shown = await showImage(cloud, id);
      assert.deepEqual([shown.at('name'), shown.at('color')], ['older', 'red']);
      (await patch([{ add: '/color', value: 'blue' }])).glance(
        409,
        `${conflict}Property color already present.`,
      );
      (await patch([{ add: '/a', remove: '/b', value: 'x' }])).glance(
        400,
        'Operation objects must contain only one member named "add", "remove", or "replace".',
      );
      (await patch([{ op: 'add', path: '/a', value: 'x' }])).glance(
        400,
        'Operation objects must contain exactly one member named "add", "remove", or "replace".',
      );
    },
  },
  {
    name: 'a patch that is none is refused, and so is one of what is not to be changed',
    run: async (cloud) => {
      const id = await activeImage(cloud);
      const refused: [change: unknown, code: number, message: string | RegExp][] = [
        [1, 400, 'Operations must be JSON objects.'],
        [{ path: '/a' }, 400, /^Unable to find `op` in JSON Schema change\./],
        [
          { op: 'move', path: '/a' },
          400,
          'Invalid operation: `move`. It must be one of the following: add, remove, replace.',
        ],
        [{ op: 'add', value: 'x' }, 400, "Unable to find 'path' in JSON Schema change"],
        [{ op: 'add', path: 'a', value: 'x' }, 400, 'Pointer `a` does not start with "/".'],
        [{ op: 'add', path: '/a/', value: 'x' }, 400, 'Pointer `/a/` end with "/".'],
        [
          { op: 'add', path: '/a/b', value: 'x' },
          400,
          "Invalid JSON pointer for this resource: '/a/b'",
        ],
        [{ op: 'add', path: '/a' }, 400, 'Operation "add" requires a member named "value".'],
        [{ op: 'replace', path: '/name', value: 1 }, 400, /1 is not of type 'null', 'string'/],
        [{ op: 'replace', path: '/status', value: 'x' }, 403, "Attribute 'status' is read-only."],
        [{ op: 'remove', path: '/id' }, 403, "Attribute 'id' is read-only."],
        [{ op: 'add', path: '/deleted', value: 'x' }, 403, "Attribute 'deleted' is reserved."],
        [{ op: 'remove', path: '/name' }, 403, `${denied}Property name may not be removed.`],
        [
          { op: 'replace', path: '/owner', value: 'x' },
          403,
          `${denied}Owner can't be updated by non admin.`,
        ],
        [
          { op: 'replace', path: '/disk_format', value: 'raw' },
          403,
          'Attribute disk_format can be only replaced for a queued image.',
        ],
      ];
      for (const [change, code, message] of refused) {
        (await patchImage(cloud, id, [change])).glance(code, message);
      }
      (await patchImage(cloud, id, {})).glance(
        400,
        'Request body must be a JSON array of operation objects.',
      );
      const other = (await patchImage(cloud, id, [], 'application/json-patch+json')).is(415);
      assert.match(other.header('accept-patch') ?? '', /openstack-images-v2\.1-json-patch/);
      (await patchImage(cloud, randomUUID(), [])).is(404);
      const replace = { op: 'replace', path: '/name', value: 'mine' };
      (await patchImage(cloud, await imageId(cloud), [replace])).glance(
        403,
        'You do not own this image',
      );
    },
  },
  {
    name: 'a protected image stays',
    run: async (cloud) => {
      const id = await activeImage(cloud, { protected: true });
      (await askImages(cloud, 'DELETE', `/images/${id}`)).glance(
        403,
        `Image ${id} is protected and cannot be deleted.`,
      );
      (await patchImage(cloud, id, [{ op: 'replace', path: '/protected', value: false }])).is(200);
      (await askImages(cloud, 'DELETE', `/images/${id}`)).is(204);
      (await askImages(cloud, 'GET', `/images/${id}`)).glance(404, `No image found with ID ${id}`);
      (await askImages(cloud, 'GET', `/images/${id}/file`)).is(404);
      (await askImages(cloud, 'DELETE', `/images/${id}`)).glance(
        404,
        `Failed to find image ${id} to delete`,
      );
    },
  },
  {
    name: 'images are tagged one by one',
    run: async (cloud) => {
      const id = await queuedImage(cloud);
      const tag = (method: string, name: string) =>
        askImages(cloud, method, `/images/${id}/tags/${name}`);
      (await tag('PUT', 'a')).is(204);
      (await tag('PUT', 'a')).is(204);
      assert.deepEqual((await showImage(cloud, id)).at('tags'), ['a']);
      assert.equal((await listedNames(cloud, `tag=a&id=${id}`)).length, 1);
      (await tag('DELETE', 'a')).is(204);
      (await tag('DELETE', 'a')).glance(404, 'The resource could not be found.');
      (await tag('PUT', 'a'.repeat(256))).is(400);
      const none = randomUUID();
      (await askImages(cloud, 'PUT', `/images/${none}/tags/a`)).glance(
        404,
        `Image ${none} not found.`,
      );
      const foreign = await imageId(cloud);
      (await askImages(cloud, 'PUT', `/images/${foreign}/tags/a`)).glance(
        403,
        `Not allowed to update tags for image ${foreign}.`,
      );
    },
  },
  {
    name: 'a shared image has members, who decide for themselves',
    run: async (cloud) => {
      const id = await queuedImage(cloud);
      const path = `/images/${id}/members`;
      const add = (json: unknown) => askImages(cloud, 'POST', path, { json });
      const added = (await add({ member: 'friend' })).is(200);
      assert.deepEqual(added.keys(''), [
        ...['created_at', 'image_id', 'member_id', 'schema', 'status', 'updated_at'],
      ]);
      assert.deepEqual(
        ['image_id', 'member_id', 'status', 'schema'].map((name) => added.at(name)),
        [id, 'friend', 'pending', '/v2/schemas/member'],
      );
      (await askImages(cloud, 'GET', path)).says(200, {
        members: [added.at('')],
        schema: '/v2/schemas/members',
      });
      (await askImages(cloud, 'GET', `${path}/friend`)).says(200, added.at(''));
      (await add({ member: 'friend' })).glance(409, `Member friend is duplicated for image ${id}`);
      (await add({ friend: 'x' })).glance(400, 'Member to be added not specified');
      (await add({ member: '' })).glance(400, "Member can't be empty");
      const json = { status: 'accepted' };
      (await askImages(cloud, 'PUT', `${path}/friend`, { json })).glance(
        403,
        `Not allowed to update members for image ${id}.`,
      );
      (await askImages(cloud, 'DELETE', `${path}/friend`)).is(204);
      (await askImages(cloud, 'DELETE', `${path}/friend`)).glance(
        404,
        `friend not found in the member list of the image ${id}.`,
      );
    },
  },
  {
    name: 'only shared images have members',
    run: async (cloud) => {
      const id = await queuedImage(cloud, { visibility: 'private' });
      const path = `/images/${id}/members`;
      (await askImages(cloud, 'GET', path)).glance(
        403,
        `Not allowed to list members for image ${id}: Only shared images have members.`,
      );
      (await askImages(cloud, 'POST', path, { json: { member: 'friend' } })).glance(
        403,
        `Not allowed to create members for image ${id}.`,
      );
      (await askImages(cloud, 'GET', `${path}/friend`)).glance(
        404,
        'Only shared images have members.',
      );
    },
  },
  {
    name: 'a deactivated image is shown, and neither read nor booted',
    run: async (cloud) => {
      const id = await activeImage(cloud);
      const act = (action: string) => askImages(cloud, 'POST', `/images/${id}/actions/${action}`);
      (await act('deactivate')).is(204);
      (await act('deactivate')).is(204);
      assert.equal((await showImage(cloud, id)).at('status'), 'deactivated');
      (await askImages(cloud, 'GET', `/images/${id}/file`)).glance(
        403,
        'The requested image has been deactivated. Image data download is forbidden.',
      );
      (await createServer(cloud, { imageRef: id })).nova(
        400,
        'badRequest',
        `Image ${id} is not active.`,
      );
      (await act('reactivate')).is(204);
      assert.equal((await askImages(cloud, 'GET', `/images/${id}/file`)).is(200).text, 'bytes');
      const queued = await queuedImage(cloud);
      (await askImages(cloud, 'POST', `/images/${queued}/actions/deactivate`)).glance(
        403,
        "Not allowed to deactivate image in status 'queued'",
      );
    },
  },
  {
    name: 'lists show what is asked for',
    run: async (cloud) => {
      const [a, b] = [cloud.name('a'), cloud.name('b')];
      await queuedImage(cloud, { name: a, visibility: 'private', color: a });
      await activeImage(cloud, { name: b, os_hidden: true });
      assert.deepEqual(await listedNames(cloud, `name=${a}`), [a]);
      assert.deepEqual(await listedNames(cloud, `name=${a.toUpperCase()}`), [a]);
      assert.deepEqual(await listedNames(cloud, `name=in:${a},"${b}"`), [a]);
      assert.deepEqual(await listedNames(cloud, `name=eq:${a}`), [a]);
      assert.deepEqual(await listedNames(cloud, `color=${a}&visibility=private`), [a]);
      assert.deepEqual(await listedNames(cloud, `name=${a}&status=active`), []);
      assert.deepEqual(await listedNames(cloud, `name=${a}&visibility=shared`), []);
      assert.deepEqual(await listedNames(cloud, `name=${b}`), []);
      assert.deepEqual(await listedNames(cloud, `name=${b}&os_hidden=true`), [b]);
      const refused = (query: string) => askImages(cloud, 'GET', `/images?${query}`);
      (await refused('name=like:a')).glance(400, "Unable to filter by unknown operator 'like'.");
      (await refused('member_status=gone')).glance(400, 'Invalid status: gone');
      (await refused('created_at=gt:now')).glance(400, /^Bad "created_at" query filter format\./);
    },
  },
  {
    name: 'pages follow one another, whatever else the filters hide',
    run: async (cloud) => {
      const tag = cloud.name('tag');
      const names = ['a', 'b', 'c'].map((name) => `${name}-${tag}`);
      for (const name of names) await queuedImage(cloud, { name, tags: [tag] });
      const first = await askImages(cloud, 'GET', `/images?tag=${tag}&sort=name:asc&limit=2`);
      assert.deepEqual(first.is(200).each('images', 'name'), names.slice(0, 2));
      const next = first.string('next').replace('/v2', '');
      assert.deepEqual((await askImages(cloud, 'GET', next)).each('images', 'name'), [names[2]]);
      assert.deepEqual(await listedNames(cloud, `tag=${tag}&sort_key=name&sort_dir=desc`), [
        ...names.reverse(),
      ]);
    },
  },
  {
    name: 'schemas tell what an image is',
    run: async (cloud) => {
      const image = (await askImages(cloud, 'GET', '/schemas/image')).is(200);
      assert.equal(image.at('name'), 'image');
      assert.deepEqual(image.at('additionalProperties'), { type: 'string' });
      // All of it: clients make their models of it.
      const whole = JSON.stringify(sorted(image.at('properties')));
      assert.equal(digest('md5', whole), '1c228b08434733d858ba2073c3b1bbde');
      const list = (await askImages(cloud, 'GET', '/schemas/images')).is(200);
      assert.deepEqual(list.at('properties.images.items'), image.at(''));
      const member = (await askImages(cloud, 'GET', '/schemas/member')).is(200);
      assert.deepEqual(member.at('properties.status'), {
        type: 'string',
        description: 'The status of this image member',
        enum: ['pending', 'accepted', 'rejected'],
      });
    },
  },
  {
    name: 'what the service offers is told, and what administrators see is not',
    run: async (cloud) => {
      (await askImages(cloud, 'GET', '/info/import')).says(200, {
        'import-methods': { description: 'Import methods available.', type: 'array', value: [] },
      });
      (await askImages(cloud, 'GET', '/info/stores')).says(200, {
        stores: [{ id: 'file', default: 'true' }],
      });
      (await askImages(cloud, 'GET', '/info/usage')).says(200, { usage: {} });
      (await askImages(cloud, 'GET', '/info/stores/detail')).is(403);
      (await askImages(cloud, 'GET', '/tasks')).is(403);
      const id = await queuedImage(cloud);
      (await askImages(cloud, 'GET', `/images/${id}/tasks`)).says(200, { tasks: [] });
      const json = { method: { name: 'glance-direct' } };
      (await askImages(cloud, 'POST', `/images/${id}/import`, { json })).glance(
        400,
        "Unknown import method name 'glance-direct'.",
      );
      (await askImages(cloud, 'PUT', `/images/${id}`)).glance(
        405,
        'The method PUT is not allowed for this resource.',
      );
      (await askImages(cloud, 'PUT', `/images/${id}`)).is(405);
    },
  },
];

/** The same in any order of the keys. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
