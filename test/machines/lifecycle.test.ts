import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { inNamespace, MachinesWorld } from './world.js';

const world = new MachinesWorld();
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';
const name = 'told-of';

/** A machine that tells when its disk was new, when it booted, and of another disk that it may see. */
const userData = `#cloud-config
write_files:
- path: /etc/systemd/system/teller.service
  content: |
    [Service]
    ExecStartPre=sh -c 'date +%%s%%N >/run/booted'
    ExecStart=socat TCP-LISTEN:8000,fork,reuseaddr SYSTEM:'cat /root/made /run/booted; cat /mnt/root/made'
    [Install]
    WantedBy=multi-user.target
runcmd:
- date +%s%N >/root/made
- systemctl enable --now teller
`;

describe(
  'a machine that is held up, set aside or made anew',
  { skip, timeout: 30 * 60_000 },
  () => {
    let network = '';
    let address = '';
    let imageRef = '';

    before(async () => {
      await world.begin();
      await world.done('local', 'start', '--machines', 'linux');
      const cloud = await world.cloud();
      const made = await cloud.call<{ network: { id: string } }>('network', 'POST', '/networks', {
        network: { name: 'lifecycle' },
      });
      network = made.network.id;
      const subnet = { network_id: network, ip_version: 4, cidr: '10.71.0.0/24' };
      await cloud.call('network', 'POST', '/subnets', { subnet });
      const { images } = await cloud.call<{ images: { id: string; name: string }[] }>(
        ...(['compute', 'GET', '/images'] as const),
      );
      imageRef = images.find((image) => image.name === 'Debian 12')?.id ?? '';
      await cloud.call('compute', 'POST', '/servers', {
        server: {
          name,
          imageRef,
          flavorRef: '2',
          networks: [{ uuid: network }],
          user_data: Buffer.from(userData).toString('base64'),
        },
      });
      await world.untilStatus(name, 'ACTIVE');
      address = await addressNow();
    });
    after(() => world.end());

    const addressNow = async (): Promise<string> => {
      const { id } = await world.server(name);
      const { addresses } = await (
        await world.cloud()
      ).call<{ addresses: Record<string, { addr: string }[]> }>(
        ...(['compute', 'GET', `/servers/${id}/ips`] as const),
      );
      return addresses.lifecycle?.[0]?.addr ?? '';
    };
    const ask = async (): Promise<{ made: string; booted: string; beside: string | undefined }> => {
      const from = `TCP:${address}:8000,connect-timeout=2`;
      const text = await inNamespace(
        ...([world.names.network(network), 'socat', '-T', '10', '-u', from, '-'] as const),
      );
      const [made = '', booted = '', beside] = text.trim().split('\n');
      // Cut off by a slow machine it is no answer.
      assert.match(`${made} ${booted}`, /^\d+ \d+$/, text);
      return { made, booted, beside };
    };
    const answer = async (seconds = 120): ReturnType<typeof ask> => {
      for (const deadline = Date.now() + seconds * 1000; ;) {
        try {
          return await ask();
        } catch (error) {
          if (Date.now() > deadline) throw error;
        }
        await sleep(500);
      }
    };
    const silent = async (): Promise<void> => {
      await assert.rejects(ask());
      const ping = ['ping', '-c', '2', '-W', '1', address];
      await assert.rejects(inNamespace(world.names.network(network), ...ping));
    };
    const actUntil = async (action: Record<string, unknown>, status: string): Promise<void> => {
      await world.act(name, action);
      await world.untilSettled(name, status);
    };
    const killCloud = async (): Promise<void> => {
      process.kill(await world.cloudPid(), 'SIGKILL');
      await world.done('local', 'start', '--machines', 'linux');
    };

    it('does not answer while it is paused or suspended, and then goes on where it was', async () => {
      const before = await answer();
      for (const [there, status, back] of [
        ['pause', 'PAUSED', 'unpause'],
        ['suspend', 'SUSPENDED', 'resume'],
      ] as const) {
        await actUntil({ [there]: null }, status);
        await silent();
        await killCloud();
        await world.untilSettled(name, status);
        await silent();
        await actUntil({ [back]: null }, 'ACTIVE');
        assert.deepEqual(await answer(), before);
      }
    });

    it('is rescued with a disk that is new and sees its own, which it then has again', async () => {
      const before = await answer();
      await world.act(name, { rescue: null });
      await killCloud();
      await world.untilSettled(name, 'RESCUE');
      const rescued = await answer();
      assert.notEqual(rescued.made, before.made);
      assert.equal(rescued.beside, before.made);
      await actUntil({ unrescue: null }, 'ACTIVE');
      const again = await answer();
      assert.equal(again.made, before.made);
      assert.notEqual(again.booted, before.booted);
      assert.equal(again.beside, undefined);
    });

    it('keeps its disk while it is shelved, and when its flavor changes', async () => {
      const { made } = await answer();
      await actUntil({ shelve: null }, 'SHELVED_OFFLOADED');
      await silent();
      await actUntil({ unshelve: null }, 'ACTIVE');
      const unshelved = await answer();
      assert.equal(unshelved.made, made);
      await actUntil({ resize: { flavorRef: '3' } }, 'VERIFY_RESIZE');
      const resized = await answer();
      assert.equal(resized.made, made);
      assert.notEqual(resized.booted, unshelved.booted);
      await actUntil({ confirmResize: null }, 'ACTIVE');
      assert.deepEqual(await answer(), resized);
    });

    it('has a new disk after a rebuild, and the same address', async () => {
      const before = await answer();
      await world.act(name, { rebuild: { imageRef } });
      await killCloud();
      await world.untilSettled(name, 'ACTIVE');
      assert.equal(await addressNow(), address);
      const after = await answer();
      assert.notEqual(after.made, before.made);
    });

    it('leaves nothing on the host when it is stopped while paused, and when it is deleted so', async () => {
      const { made } = await answer();
      await actUntil({ pause: null }, 'PAUSED');
      await world.done('local', 'stop');
      assert.deepEqual(await world.leftovers(), []);
      await world.done('local', 'start', '--machines', 'linux');
      await world.untilSettled(name, 'PAUSED');
      await actUntil({ unpause: null }, 'ACTIVE');
      assert.equal((await answer()).made, made);
      await actUntil({ pause: null }, 'PAUSED');
      const { id } = await world.server(name);
      await (await world.cloud()).call('compute', 'DELETE', `/servers/${id}`);
      for (const deadline = Date.now() + 60_000; world.machinePidsOf(id).length > 0;) {
        assert.ok(Date.now() < deadline, 'its processes live on');
        await sleep(200);
      }
      await world.done('local', 'stop');
      assert.deepEqual(await world.leftovers(), []);
    });
  },
);
