import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { clusterCa } from '../../home/certificates.js';
import { KubernetesWorld, seconds } from './world.js';

const world = new KubernetesWorld();
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';

interface Status {
  conditions: { type: string; status: string; message: string }[];
}

async function status(): Promise<Status> {
  return JSON.parse((await world.kubeup('status', '--json')).stdout) as Status;
}

/** Brings a cluster up that cannot come up. @returns the causes that its status tells */
async function failing(
  release: string,
  minions: number,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const from = Date.now();
  const up = world.kubeup(
    ...['up', '--machines', 'linux', '--minions', String(minions), '--release', release],
    ...['--max-replacements', '0', '--on-failure', 'fail', '--machine-timeout', '120'],
  );
  await meanwhile();
  const { code, stdout, stderr } = await up;
  console.log(`failed after ${seconds(from)} s`);
  const { conditions } = await status();
  await world.done('down');
  assert.equal(code, 1, stdout + stderr);
  return conditions
    .filter((condition) => condition.status === 'False')
    .map(({ message }) => message)
    .join('\n');
}

describe('a cluster that cannot come up names the cause', { skip, timeout: 40 * 60_000 }, () => {
  before(() => world.begin());
  after(() => world.end());

  it('a release for another architecture', async () => {
    const release = await world.changedRelease('manifest.json', (text) =>
      text.replace('"arch": "amd64"', '"arch": "arm64"'),
    );
    assert.match(await failing(release, 0), /the release is for arm64, this machine is amd64/);
  });

  it('a kubelet that does not start', async () => {
    const release = await world.changedRelease('kubelet.yaml', (text) =>
      text.replace('failSwapOn: false', 'failSwapOn: nonsense'),
    );
    assert.match(await failing(release, 1), /kubelet does not stay up: .*failSwapOn/);
  });

  it('a join token that is not the one the API server knows', async () => {
    const release = await world.changedRelease('install-minion', (text) =>
      text.replace('Bearer %s', 'Bearer x%s'),
    );
    assert.match(await failing(release, 1), /refuses this machine's join token/);
  });

  it('a minion that was given another CA', async () => {
    const { certificate } = await clusterCa(Buffer.alloc(32, 1), 'another');
    const release = await world.changedRelease('install-minion', (text) =>
      text.replace(
        'place_release\n',
        `place_release\ncat >$pki/ca.crt <<'END'\n${certificate}END\n`,
      ),
    );
    assert.match(await failing(release, 1), /shows a certificate that is not of this cluster's CA/);
  });

  it('a master whose CA key is not the one of its CA certificate', async () => {
    const { key } = await clusterCa(Buffer.alloc(32, 1), 'another');
    const release = await world.changedRelease('install-master', (text) =>
      text.replace(
        'export KUBERNETES_VERSION',
        `cat >$pki/ca.key <<'END'\n${key}END\nexport KUBERNETES_VERSION`,
      ),
    );
    assert.match(await failing(release, 0), /is the CA key the one of the CA certificate/);
  });

  it('a release that is cut short in the cloud', async () => {
    const half = await readFile(await world.truncatedRelease());
    // Between the last byte of the upload and the master's download there is no time to ask the command line.
    const cutShort = async (): Promise<void> => {
      await world.until('the release is cut short', async () => {
        const cloud = await world.cloud();
        const { objects } = await cloud.contents();
        const whole = objects.find((name) => name.endsWith('/master-release.tar.gz'));
        if (whole === undefined) return false;
        await cloud.upload(whole, half);
        return true;
      });
    };
    assert.match(
      await failing(world.release, 0, cutShort),
      /release refused: \d+ bytes, expected \d+/,
    );
  });

  it('a release that ends in the middle is refused before anything is made', async () => {
    const { code, stderr } = await world.kubeup(
      ...['up', '--machines', 'linux', '--release', await world.truncatedRelease()],
    );
    assert.equal(code, 2);
    assert.match(stderr, /must be a gzip tar \(\.tar\.gz\), whole/);
  });
});
