// Uploading a release against one plain PUT of the same bytes, in turn, on the same local cloud: with an answer
// at once, and with one that takes a while, as over a real distance. The plain PUT neither hashes the file nor
// can it be resumed. Medians of the rounds; then what a second upload sends.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digestFile, segmentBytesFor } from '../activities/file-segments.js';
import { deleteRelease, uploadRelease } from '../activities/release.js';
import { openCloud } from '../cloud/open.js';
import { resolveAccount } from '../cloud/resolve-account.js';
import { openWorld } from '../test/durability/world.js';

const mebibyte = 1024 * 1024;
const bytes = 256 * mebibyte;
const rounds = 5;
const container = 'bench';

const world = await openWorld();
try {
  const file = path.join(world.root, 'release');
  await writeFile(file, randomBytes(bytes));
  const { sha256, segments } = await digestFile(file, segmentBytesFor(bytes, 1000));
  const md5 = (await digestFile(file, bytes)).segments[0]!.md5;
  await world.kubeup(['local', 'start']);
  const account = resolveAccount(await world.account());
  const cloud = openCloud(account);
  const keeper = await world.cloud();
  await cloud.objectStorage.createContainer(container, {});
  const dependencies = { cloud, rootSecret: randomBytes(32) };
  const release = { file, bytes, sha256, container, sample: false };

  const plain = (): Promise<unknown> => {
    const content = { open: () => createReadStream(file), bytes, md5 };
    return cloud.objectStorage.putObject(container, 'plain', content, {
      contentType: 'application/gzip',
    });
  };
  const upload = (): Promise<unknown> => uploadRelease(dependencies, { name: 'bench', release });

  const table: Record<string, string>[] = [];
  for (const delayMs of [0, 250]) {
    await keeper.admin('DELETE', '/faults');
    await keeper.admin('POST', '/faults', {
      match: { method: 'PUT', service: 'object-store' },
      times: 10_000,
      action: { delayMs },
    });
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const ours = await timed(upload);
      const theirs = await timed(plain);
      ratios.push(ours / theirs);
      await deleteRelease(dependencies, { cluster: 'bench', container });
    }
    table.push({
      'each PUT answered after': `${delayMs} ms`,
      'upload : plain PUT': `× ${median(ratios).toFixed(2)}`,
      'of rounds from': `× ${Math.min(...ratios).toFixed(2)}`,
      to: `× ${Math.max(...ratios).toFixed(2)}`,
    });
  }
  console.table(table);

  await keeper.admin('DELETE', '/faults');
  const first = await timed(upload);
  const again = await timed(upload);
  console.log(
    `${segments.length} segments; uploaded again: × ${(again / first).toFixed(3)} of the first time`,
  );
} finally {
  await world.dispose();
}

/** Seconds. */
async function timed(what: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await what();
  return (performance.now() - began) / 1000;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
