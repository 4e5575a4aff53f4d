import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './world.js';

/**
 * A release whose minion installer is this script.
 * @param ballast bytes that nothing compresses
 * @returns its file
 */
export async function packRelease(
  root: string,
  name: string,
  minion: string,
  ballast = 0,
): Promise<string> {
  const folder = path.join(root, name);
  await mkdir(folder, { recursive: true });
  for (const [installer, body] of [
    ['install-master', 'echo installed'],
    ['install-minion', minion],
  ] as const) {
    await writeFile(path.join(folder, installer), `#!/bin/bash\n${body}\n`);
    await chmod(path.join(folder, installer), 0o755);
  }
  await writeFile(path.join(folder, 'ballast'), randomBytes(ballast));
  const file = `${folder}.tar.gz`;
  const { code, stderr } = await run('tar', [
    ...['-C', folder, '-czf', file, 'install-master', 'install-minion', 'ballast'],
  ]);
  assert.equal(code, 0, stderr);
  return file;
}
