import assert from 'node:assert/strict';
import {
  act,
  active,
  actUntil,
  larger,
  refusedIn,
  resized,
  shutOff,
  toldActions,
} from './acted.js';
import { awaitStatus, bootServer, microversion, serverIds } from './booted.js';
import type { Case, Cloud } from './cloud.js';

async function flavorOf(cloud: Cloud, id: string): Promise<unknown[]> {
  const old = (await cloud.compute.get(`/servers/${id}`)).is(200);
  const full = (await cloud.compute.get(`/servers/${id}`, microversion(47))).is(200);
  return [old.at('server.flavor.id'), full.at('server.flavor.original_name')];
}

/** Other flavors for servers. */
export const serverResizeCases: Case[] = [
  {
    name: 'a server is resized, and that confirmed',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      assert.equal((await act(cloud, id, larger)).is(202).text, '');
      const shown = await awaitStatus(cloud, id, 'VERIFY_RESIZE');
      assert.equal(shown.at('server.OS-EXT-STS:vm_state'), 'resized');
      assert.equal(shown.at('server.progress'), 0);
      assert.deepEqual(await flavorOf(cloud, id), ['3', 'm1.medium']);
      assert.ok((await serverIds(cloud, 'status=VERIFY_RESIZE')).includes(id));
      assert.equal((await act(cloud, id, { confirmResize: null })).is(204).text, '');
      const kept = await awaitStatus(cloud, id, 'ACTIVE');
      assert.equal(kept.at('server.OS-EXT-STS:power_state'), 1);
      assert.deepEqual(await flavorOf(cloud, id), ['3', 'm1.medium']);
      refusedIn(await act(cloud, id, { confirmResize: null }), 'confirmResize', id, 'active');
      assert.deepEqual(await toldActions(cloud, id), ['confirmResize', 'resize', 'create']);
    },
  },
  {
    name: 'a server is resized, and that reverted',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      await actUntil(cloud, id, larger, resized);
      assert.equal((await act(cloud, id, { revertResize: null })).is(202).text, '');
      const before = await awaitStatus(cloud, id, 'ACTIVE');
      assert.equal(before.at('server.OS-EXT-STS:power_state'), 1);
      assert.deepEqual(await flavorOf(cloud, id), ['2', 'm1.small']);
      assert.deepEqual(await toldActions(cloud, id), ['revertResize', 'resize', 'create']);
    },
  },
  {
    // One resize a server: Nova forgets the next one when it comes while the last is being cleared away.
    name: 'a server that is off stays off when it is resized',
    run: async (cloud) => {
      for (const [action, flavor] of [
        ['confirmResize', ['3', 'm1.medium']],
        ['revertResize', ['2', 'm1.small']],
      ] as const) {
        const id = await bootServer(cloud);
        await actUntil(cloud, id, { 'os-stop': null }, shutOff);
        await actUntil(cloud, id, { resize: { flavorRef: 3 } }, ['VERIFY_RESIZE', 'resized', 4]);
        await actUntil(cloud, id, { [action]: null }, shutOff);
        assert.deepEqual(await flavorOf(cloud, id), flavor);
        await actUntil(cloud, id, { 'os-start': null }, active);
      }
    },
  },
  {
    name: 'while a server is being resized it is RESIZE, and on its way back REVERT_RESIZE',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const seen = async (): Promise<string> => {
        const shown = (await cloud.compute.get(`/servers/${id}`)).is(200);
        const state = shown.at('server.OS-EXT-STS:task_state');
        return typeof state === 'string' ? shown.string('server.status') : 'none';
      };
      (await act(cloud, id, larger)).is(202);
      assert.ok(['RESIZE', 'none'].includes(await seen()));
      await awaitStatus(cloud, id, 'VERIFY_RESIZE');
      (await act(cloud, id, { revertResize: null })).is(202);
      assert.ok(['REVERT_RESIZE', 'none'].includes(await seen()));
      await awaitStatus(cloud, id, 'ACTIVE');
    },
  },
  {
    name: 'a resize goes to another flavor that there is',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const refused = async (resize: unknown, message: string | RegExp): Promise<void> => {
        (await act(cloud, id, { resize })).nova(400, 'badRequest', message);
      };
      await refused({ flavorRef: '2' }, 'When resizing, instances must change flavor!');
      await refused({ flavorRef: 'huge' }, 'Flavor huge could not be found.');
      await refused({ flavorRef: 404 }, 'Flavor 404 could not be found.');
      await refused({}, /'flavorRef' is a required property$/);
      await refused(
        { flavorRef: '' },
        "Invalid input for field/attribute flavorRef. Value: . '' is too short",
      );
      await refused(
        { flavorRef: '3', 'OS-DCF:diskConfig': 'auto' },
        /^Invalid input for field\/attribute OS-DCF:diskConfig\. Value: auto\. 'auto' is not one of /,
      );
      await refused({ flavorRef: '3', color: 'red' }, /'color' was unexpected\)$/);
      await refused(null, /None is not of type 'object'$/);
    },
  },
  {
    name: 'a server is not resized to a smaller disk than it was made with',
    run: async (cloud) => {
      const id = await bootServer(cloud, { flavorRef: '3' });
      const gib = 1024 ** 3;
      (await act(cloud, id, { resize: { flavorRef: '2' } })).nova(
        400,
        'badRequest',
        "Flavor's disk is smaller than the minimum size specified in image metadata. " +
          `Flavor disk is ${20 * gib} bytes, minimum size is ${40 * gib} bytes.`,
      );
    },
  },
  {
    name: 'a resize may say how the disk is partitioned',
    run: async (cloud) => {
      for (const [given, diskConfig] of [
        [{ 'OS-DCF:diskConfig': 'AUTO' }, 'AUTO'],
        [{}, 'MANUAL'],
      ] as const) {
        const id = await bootServer(cloud, { 'OS-DCF:diskConfig': 'AUTO' });
        const shown = await actUntil(cloud, id, { resize: { flavorRef: '3', ...given } }, resized);
        assert.equal(shown.at('server.OS-DCF:diskConfig'), diskConfig);
      }
    },
  },
];
