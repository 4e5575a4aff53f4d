import assert from 'node:assert/strict';
import {
  act,
  active,
  actUntil,
  paused,
  refusedIn,
  rescued,
  shelved,
  shutOff,
  suspended,
  toldActions,
  type Shown,
} from './acted.js';
import { awaitStatus, bootServer, imageId, microversion, serverIds } from './booted.js';
import type { Case, Cloud } from './cloud.js';

/** An action, what it makes of a server, and what makes it active again. */
const detours: { there: string; back: string; shown: Shown }[] = [
  { there: 'pause', back: 'unpause', shown: paused },
  { there: 'suspend', back: 'resume', shown: suspended },
  { there: 'rescue', back: 'unrescue', shown: rescued },
  {
    there: 'shelve',
    back: 'unshelve',
    shown: shelved,
  },
];

function addressesOf(cloud: Cloud, id: string): Promise<unknown> {
  return cloud.compute.get(`/servers/${id}/ips`).then((answer) => answer.is(200).at('addresses'));
}

/** Holding servers up, setting them aside, mending them, and back. */
export const serverLifecycleCases: Case[] = [
  ...detours.map(({ there, back, shown }): Case => ({
    name: `a server does ${there} and ${back}, with its addresses`,
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const addresses = await addressesOf(cloud, id);
      await actUntil(cloud, id, { [there]: null }, shown);
      assert.deepEqual(await addressesOf(cloud, id), addresses);
      const found = await serverIds(cloud, `status=${shown[0]}&limit=1000`);
      assert.ok(found.includes(id), `${shown[0]} finds it`);
      assert.ok(!(await serverIds(cloud, 'status=ACTIVE&limit=1000')).includes(id));
      await actUntil(cloud, id, { [back]: null }, active);
      assert.deepEqual(await addressesOf(cloud, id), addresses);
      assert.deepEqual(await toldActions(cloud, id), [back, there, 'create']);
    },
  })),
  {
    name: 'a server that is off is rescued and shelved, and on afterwards',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      await actUntil(cloud, id, { 'os-stop': null }, shutOff);
      await actUntil(cloud, id, { rescue: {} }, rescued);
      await actUntil(cloud, id, { unrescue: null }, active);
      await actUntil(cloud, id, { 'os-stop': null }, shutOff);
      await actUntil(cloud, id, { shelve: null }, shelved);
      await actUntil(cloud, id, { unshelve: null }, active);
    },
  },
  {
    name: 'a paused and a suspended server are shelved, and active afterwards',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      for (const action of ['pause', 'suspend']) {
        (await act(cloud, id, { [action]: null })).is(202);
        await awaitStatus(cloud, id, action === 'pause' ? 'PAUSED' : 'SUSPENDED');
        await actUntil(cloud, id, { shelve: null }, shelved);
        await actUntil(cloud, id, { unshelve: null }, active);
      }
    },
  },
  {
    name: 'a hard reboot ends a pause and a suspension',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      for (const [action, status] of [
        ['pause', 'PAUSED'],
        ['suspend', 'SUSPENDED'],
      ] as const) {
        (await act(cloud, id, { [action]: null })).is(202);
        await awaitStatus(cloud, id, status);
        await actUntil(cloud, id, { reboot: { type: 'HARD' } }, active);
      }
    },
  },
  {
    name: 'a rescue answers with the password, the given one or another',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const given = await act(cloud, id, { rescue: { adminPass: 'open sesame' } });
      given.says(200, { adminPass: 'open sesame' });
      await awaitStatus(cloud, id, 'RESCUE');
      await actUntil(cloud, id, { unrescue: null }, active);
      const made = (await act(cloud, id, { rescue: null })).is(200);
      assert.match(made.string('adminPass'), /^[0-9A-Za-z]{12}$/);
      assert.deepEqual(made.keys(''), ['adminPass']);
    },
  },
  {
    name: 'a rescue takes an image that there is',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const refused = async (rescue: unknown, message: string | RegExp): Promise<void> => {
        (await act(cloud, id, { rescue })).nova(400, 'badRequest', message);
      };
      const image = '9d1a57a4-3ba5-4a4c-a2f5-2b0a6c6bd1cd';
      await refused(
        { rescue_image_ref: image },
        `Requested rescue image '${image}' is not supported`,
      );
      await refused(
        { rescue_image_ref: 'debian' },
        "Invalid input for field/attribute rescue_image_ref. Value: debian. 'debian' is not a 'uuid'",
      );
      await refused(
        { adminPass: 5 },
        "Invalid input for field/attribute adminPass. Value: 5. 5 is not of type 'string'",
      );
      await refused(
        { pass: 'x' },
        /Additional properties are not allowed \('pass' was unexpected\)$/,
      );
      await refused('now', /'now' is not of type 'object', 'null'$/);
      (await act(cloud, id, { rescue: { rescue_image_ref: await imageId(cloud) } })).is(200);
      await awaitStatus(cloud, id, 'RESCUE');
    },
  },
  {
    name: 'a shelved server has no host, and no zone',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      (await act(cloud, id, { shelve: null })).is(202);
      await awaitStatus(cloud, id, 'SHELVED_OFFLOADED');
      await cloud.eventually(async () => {
        const shown = (await cloud.compute.get(`/servers/${id}`)).is(200);
        assert.equal(shown.at('server.hostId'), '');
        assert.equal(shown.at('server.OS-EXT-AZ:availability_zone'), '');
      });
      (await act(cloud, id, { 'os-getConsoleOutput': {} })).nova(
        409,
        'conflictingRequest',
        `Instance ${id} is not ready`,
      );
      for (const action of ['os-stop', 'os-start']) {
        (await act(cloud, id, { [action]: null })).nova(
          409,
          'conflictingRequest',
          `Instance ${id} is not ready`,
        );
      }
      const back = await actUntil(cloud, id, { unshelve: null }, active);
      assert.match(back.string('server.hostId'), /^[0-9a-f]{56}$/);
      assert.equal(back.at('server.OS-EXT-AZ:availability_zone'), 'nova');
    },
  },
  {
    name: 'from 2.77 on unshelve takes a zone, from 2.91 on none and, of administrators, a host',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      await actUntil(cloud, id, { shelve: null }, shelved);
      const refused = async (minor: number, unshelve: unknown, message: RegExp): Promise<void> => {
        const answer = await act(cloud, id, { unshelve }, microversion(minor));
        answer.nova(400, 'badRequest', message);
      };
      await refused(77, {}, /'availability_zone' is a required property$/);
      await refused(77, { availability_zone: null }, /None is not of type 'string'$/);
      await refused(77, { host: 'x' }, /./);
      await refused(91, { color: 'x' }, /is not valid under any of the given schemas$/);
      const elsewhere = { availability_zone: 'elsewhere' };
      for (const minor of [77, 91]) {
        await refused(minor, elsewhere, /^The requested availability zone is not available$/);
      }
      (await act(cloud, id, { unshelve: { host: 'x' } }, microversion(91))).nova(
        403,
        'forbidden',
        "Policy doesn't allow os_compute_api:os-shelve:unshelve_to_host to be performed.",
      );
      // Before, nobody looks.
      (await act(cloud, id, { unshelve: elsewhere }, microversion(76))).is(202);
      await awaitStatus(cloud, id, 'ACTIVE');
      await actUntil(cloud, id, { shelve: null }, shelved);
      const zone = { unshelve: { availability_zone: 'nova' } };
      (await act(cloud, id, zone, microversion(77))).is(202);
      await awaitStatus(cloud, id, 'ACTIVE');
      await actUntil(cloud, id, { shelve: null }, shelved);
      const nowhere = { unshelve: { availability_zone: null } };
      (await act(cloud, id, nowhere, microversion(91))).is(202);
      await awaitStatus(cloud, id, 'ACTIVE');
    },
  },
  {
    name: 'a locked server is not paused; a paused one is locked',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const lock = async (): Promise<void> => {
        (await act(cloud, id, { lock: null })).is(202);
        cloud.undo(() => act(cloud, id, { unlock: null }));
      };
      await lock();
      const actions = ['pause', 'suspend', 'rescue', 'shelve', 'confirmResize', 'revertResize'];
      for (const action of actions) {
        (await act(cloud, id, { [action]: null })).nova(
          409,
          'conflictingRequest',
          `Instance ${id} is locked`,
        );
      }
      for (const [action, input] of [
        ['restore', null],
        ['changePassword', { adminPass: 'x' }],
      ] as const) {
        (await act(cloud, id, { [action]: input })).nova(
          409,
          'conflictingRequest',
          `Instance ${id} is in an invalid state for '${action}'`,
        );
      }
      (await act(cloud, id, { unlock: null })).is(202);
      await actUntil(cloud, id, { pause: null }, paused);
      await lock();
      (await act(cloud, id, { unpause: null })).is(409);
    },
  },
  {
    name: 'a password is changed while the server is active',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const change = (changePassword: unknown) => act(cloud, id, { changePassword });
      assert.equal((await change({ adminPass: 'x' })).is(202).text, '');
      await awaitStatus(cloud, id, 'ACTIVE');
      assert.deepEqual(await toldActions(cloud, id), ['changePassword', 'create']);
      (await change({})).nova(400, 'badRequest', /'adminPass' is a required property$/);
      (await change({ adminPass: null })).nova(
        400,
        'badRequest',
        "Invalid input for field/attribute adminPass. Value: None. None is not of type 'string'",
      );
      await actUntil(cloud, id, { 'os-stop': null }, shutOff);
      refusedIn(await change({ adminPass: 'x' }), 'changePassword', id, 'stopped');
    },
  },
];
