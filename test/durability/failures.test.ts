import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { packSampleRelease } from '../../release/pack.js';
import type { CloudClient } from './cloud-client.js';
import { emptyCloud } from './cloud-client.js';
import { eventually, openWorld, type World } from './world.js';

/** What goes wrong must say so: by its exit code, its cause, and what mends it. */
describe('a bring-up that cannot succeed', () => {
  let world: World;
  let cloud: CloudClient;
  before(async () => {
    world = await openWorld();
    await world.kubeup(['local', 'start']);
    cloud = await world.cloud();
  });
  after(() => world.dispose());
  beforeEach(async () => {
    await cloud.admin('DELETE', '/faults');
    await cloud.admin('DELETE', '/machine-rules');
    // What a failed test left behind must not fail the next one.
    if ((await cloud.contents()).servers.length > 0) await world.kubeup(['down']);
  });

  async function account(change: Record<string, string>): Promise<NodeJS.ProcessEnv> {
    return { ...(await world.account()), ...change };
  }

  async function blocked(args: string[], cause: RegExp, cure: RegExp): Promise<void> {
    const document = await world.document(args);
    assert.equal(document.code, 3);
    assert.equal(document.phase, 'Blocked');
    const messages = document.conditions
      .filter(({ status }) => status === 'False')
      .map(({ message }) => message);
    assert.match(messages.join('\n'), cause);
    assert.match(messages.join('\n'), cure);
    const again = await world.document(['status']);
    assert.equal(again.phase, 'Blocked');
  }

  /** From a blocked cluster too, `down` leaves nothing. */
  async function down(): Promise<void> {
    const document = await world.document(['down']);
    assert.equal(document.code, 0);
    assert.equal(document.phase, 'Gone');
    assert.deepEqual(await cloud.contents(), emptyCloud);
  }

  it('names every wrong setting at once, and starts nothing', async () => {
    const { code, stderr } = await world.kubeup([
      ...['up', '--network-cidr', '10.240.0.0/24', '--portal-net', '8.8.0.0/16'],
      ...['--minions', '-1', '--release', '/nowhere/release.tar.gz'],
    ]);
    assert.equal(code, 2);
    for (const field of ['podNetwork', 'portalNet', 'minions', 'release.file']) {
      assert.match(stderr, new RegExp(`^  ${field.replace('.', '\\.')} = `, 'm'));
    }
    assert.match(stderr, /overlaps the cloud network 10\.240\.0\.0\/24/);
    assert.match(stderr, /must be private/);
    assert.deepEqual(await cloud.contents(), emptyCloud);
  });

  it('names a release file that is none', async () => {
    const { code, stderr } = await world.kubeup(['up', '--release', process.execPath]);
    assert.equal(code, 2);
    assert.match(stderr, /release\.file = .*gzip tar/);
  });

  it('says that the password is wrong', async () => {
    const env = await account({ OS_PASSWORD: 'wrong-password' });
    const up = ['up', '--name', 'locked-out'];
    const said = /log in.*HTTP 401.*Check OS_USERNAME, OS_PASSWORD/s;
    // The worker that runs has the right one, and keeps it.
    const refused = await world.kubeup(up, env);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, said);
    await world.kill('worker');
    const { code, stdout } = await world.kubeup(up, env);
    assert.equal(code, 3);
    assert.match(stdout, said);
    assert.doesNotMatch(refused.stderr + stdout, /wrong-password/);
  });

  it('says that nothing answers at the auth URL', async () => {
    const env = await account({ OS_AUTH_URL: 'http://127.0.0.1:9/v3' });
    const release = path.join(world.root, 'release.tar.gz');
    await packSampleRelease(release);
    const up = ['up', '--name', 'nowhere', '--release', release];
    const { code, stdout } = await world.kubeup(up, env);
    assert.equal(code, 3);
    assert.match(stdout, /127\.0\.0\.1:9.*ECONNREFUSED.*check OS_AUTH_URL/s);
  });

  it('names an unknown image and an unknown flavor, both at once', async () => {
    const args = ['up', '--image', 'BeOS', '--minion-flavor', 'huge'];
    await blocked(
      args,
      /image BeOS: .*no such image.*flavor huge: .*no such flavor/s,
      /KUBE_IMAGE/,
    );
    await down();
  });

  it('keeps its build when it is scaled before it has come to it', async () => {
    const { instances } = await cloud.admin<{ instances: number }>('GET', '/quota');
    await cloud.admin('PUT', '/quota', { instances: 0 });
    await blocked(['up', '--build', '--minions', '1'], /instances: 2 needed, 0 of 0/, /retry/);
    const { code, stderr } = await world.kubeup(['scale', '--minions', '2']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /kubeup up --build --minions N/);
    await cloud.admin('PUT', '/quota', { instances });
    await down();
  });

  it('waits for a higher quota, and goes on at retry', async () => {
    const { instances } = await cloud.admin<{ instances: number }>('GET', '/quota');
    await cloud.admin('PUT', '/quota', { instances: 2 });
    await blocked(['up'], /instances: 5 needed, 2 of 2 free/, /quota raised.*kubeup retry/);
    await cloud.admin('PUT', '/quota', { instances });
    const document = await world.document(['retry']);
    assert.equal(document.code, 0);
    assert.equal(document.phase, 'Ready');
    await down();
  });

  it('renews a token that expires mid-way', async () => {
    await cloud.admin('POST', '/faults', {
      match: { method: 'POST', service: 'compute', path: '^/servers$' },
      action: { delayMs: 1500 },
    });
    const running = world.document(['up', '--minions', '2']);
    await eventually('the master is asked for', async () => {
      return ((await cloud.requests())['POST compute /servers'] ?? 0) > 0;
    });
    await cloud.admin('POST', '/expire-tokens');
    const document = await running;
    assert.equal(document.code, 0);
    assert.equal(document.phase, 'Ready');
    await down();
  });

  it('waits for credentials that were revoked mid-way', async () => {
    const { password } = await cloud.account();
    await cloud.admin('POST', '/machine-rules', { name: 'master$', build: 4000, times: 1 });
    const running = world.document(['up', '--minions', '2']);
    await eventually('the master is there', async () => {
      return (await cloud.contents()).servers.includes('kubernetes-master');
    });
    await cloud.admin('PUT', '/account', { password: 'changed-meanwhile' });
    await cloud.admin('POST', '/expire-tokens');
    const document = await running;
    assert.equal(document.code, 3);
    assert.equal(document.phase, 'Blocked');
    await cloud.admin('PUT', '/account', { password });
    const retried = await world.document(['retry']);
    assert.equal(retried.code, 0);
    assert.equal(retried.phase, 'Ready');
    await down();
  });

  it('gives up a minion that always goes to ERROR, and names why', async () => {
    await cloud.admin('POST', '/machine-rules', { name: 'minion-2$', build: 'error' });
    await blocked(
      ['up', '--minions', '3'],
      /kubernetes-minion-2.*after 3 servers.*No valid host was found/s,
      /kubeup retry/,
    );
    await cloud.admin('DELETE', '/machine-rules');
    assert.equal((await world.document(['retry'])).phase, 'Ready');
    await down();
  });

  it('gives up a master that never reports', async () => {
    await cloud.admin('POST', '/machine-rules', { name: 'master$', guest: 'silent' });
    await blocked(
      ['up', '--machine-timeout', '8', '--max-replacements', '0'],
      /kubernetes-master.*not ready after 8 s.*it never reported/s,
      /console/,
    );
    await down();
  });

  it('keeps its machines what they are', async () => {
    assert.equal((await world.document(['up', '--minions', '1'])).code, 0);
    const { code, stderr } = await world.kubeup(['up', '--machines', 'linux', '--minions', '1']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /has simulated machines \(kubernetes-.*cannot become others.*kubeup down/s,
    );
    assert.equal((await world.document(['status'])).phase, 'Ready');
    await down();
  });
});
