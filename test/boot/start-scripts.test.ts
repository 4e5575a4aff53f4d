import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { parse } from 'yaml';
import { type BootInput, renderUserData } from '../../boot/user-data.js';
import { masterInput, minionInput, sampleRelease, sha256 } from './boot-input.js';
import {
  reportReason,
  type ReleaseServer,
  SIGNATURE,
  startReleaseServer,
} from './release-server.js';

/*
 * The scripts run for real: whole, with the pod network, in a user and network namespace of their own, where this
 * file runs itself again. Their paths lie in a temporary root.
 */
const INSIDE = 'KUBEUP_TEST_IN_NAMESPACE';
const NAMESPACE = ['--user', '--map-root-user', '--net'];

if (process.env[INSIDE] === undefined) {
  const able = spawnSync('unshare', [
    ...NAMESPACE,
    'ip',
    'link',
    'add',
    'kubeup0',
    'type',
    'bridge',
  ]);
  const skip = able.status === 0 ? false : 'needs unshare, ip, and user namespaces';
  test('the start scripts, in a network namespace', { skip }, async () => {
    const setUp =
      'set -e; ip link set lo up; ip link add eth2 type veth peer name far; ' +
      'ip addr add 192.168.0.5/24 dev eth2; ip link set far up; ip link set eth2 up; exec "$@"';
    const env = { ...process.env, [INSIDE]: '1' };
    // Else the inner runner takes itself for a child of the outer one, and says nothing readable.
    delete (env as NodeJS.ProcessEnv).NODE_TEST_CONTEXT;
    const inner = spawn(
      'unshare',
      [
        ...NAMESPACE,
        'bash',
        '-c',
        setUp,
        'bash',
        process.execPath,
        '--import',
        'tsx',
        '--test',
      ].concat(fileURLToPath(import.meta.url)),
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    inner.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    inner.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(inner, 'close')) as [number | null];
    assert.equal(code, 0, output);
    assert.match(output, /# pass [1-9]/);
  });
} else {
  defineTests();
}

interface Machine {
  root: string;
  /** Runs the start script as cloud-init would; resolves with its exit code, or its signal. */
  start: () => Promise<number | string>;
  /** As systemd does at a shutdown: every process that the start script has. */
  shutDown: () => void;
  read: (path: string) => Promise<string>;
  log: () => Promise<string>;
}

/** Writes the files of the cloud-config below a temporary root, as cloud-init would. */
async function installMachine(input: BootInput): Promise<Machine> {
  const root = await mkdtemp(join(tmpdir(), 'kubeup-test-'));
  const config = parse(renderUserData(input)) as {
    write_files: { path: string; permissions: string; content: string }[];
  };
  for (const file of config.write_files) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content);
    await chmod(path, parseInt(file.permissions, 8));
  }
  await mkdir(join(root, 'var/log'), { recursive: true });
  const log = join(root, 'var/log/kubeup-start.log');
  let group = 0;
  return {
    root,
    start: async () => {
      // The pauses between tries are left out; the tries are not.
      const run = spawn(
        'bash',
        ['-c', `sleep() { :; }; export -f sleep; exec "$0" >>"$1" 2>&1`].concat(
          join(root, `root/${input.role}Start.sh`),
          log,
        ),
        { env: { PATH: process.env.PATH, KUBEUP_ROOT: root, LC_ALL: 'C' }, detached: true },
      );
      group = run.pid ?? 0;
      const [code, signal] = (await once(run, 'close')) as [number | null, string | null];
      return code ?? signal ?? '';
    },
    shutDown: () => {
      assert.ok(group > 0);
      process.kill(-group, 'SIGTERM');
    },
    read: (path) => readFile(join(root, path), 'utf8'),
    log: () => readFile(log, 'utf8'),
  };
}

interface Scene {
  server: ReleaseServer;
  machine: Machine;
  states: () => (string | undefined)[];
  /** First line of the last report. */
  reason: () => string;
}

async function withMachine(
  options: { role?: 'master' | 'minion'; release?: Buffer; claim?: Partial<BootInput['release']> },
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const release = options.release ?? (await sampleRelease());
  const server = await startReleaseServer(release);
  const changes: Partial<BootInput> = {
    release: {
      url: server.releaseUrl,
      sha256: sha256(release),
      bytes: release.length,
      ...options.claim,
    },
    reportUrl: server.reportUrl,
  };
  const input = options.role === 'master' ? masterInput(changes) : minionInput(changes);
  const machine = await installMachine(input);
  try {
    await play({
      server,
      machine,
      states: () => server.reports.map((report) => report.state),
      reason: () => reportReason(server.reports.at(-1)?.body ?? ''),
    });
    // Whatever happened, the secret is in neither the log nor a report.
    assert.ok(!(await machine.log()).includes(SIGNATURE));
    assert.ok(!server.reports.some((report) => report.body.includes(SIGNATURE)));
  } finally {
    await server.close();
    await rm(machine.root, { recursive: true, force: true });
  }
}

/** A release whose installer for minions is this script. */
async function releaseWith(script: string, mode = 0o755, name = 'install-minion'): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'kubeup-test-'));
  try {
    await writeFile(join(folder, name), script);
    await chmod(join(folder, name), mode);
    await create({ file: join(folder, 'r.tar.gz'), cwd: folder, gzip: true }, [`./${name}`]);
    return await readFile(join(folder, 'r.tar.gz'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const WHOLE_BOOT = ['booting', 'downloading', 'installing', 'ready'];

function defineTests(): void {
  for (const role of ['master', 'minion'] as const) {
    test(`a ${role} boots: pod network, release, installer, reports`, async () => {
      await withMachine({ role }, async ({ server, machine, states }) => {
        assert.equal(await machine.start(), 0, await machine.log());
        assert.deepEqual(states(), WHOLE_BOOT);
        assert.match(
          await machine.read('var/lib/kubeup/sample'),
          new RegExp(`^role=${role}$`, 'm'),
        );
        assert.deepEqual(server.downloads, ['']);
        const index = role === 'master' ? 0 : 2;
        assert.match(await machine.log(), new RegExp(`cbr0 10\\.240\\.${index}\\.1/24 mtu 1450`));
        assert.match(
          await machine.read('etc/systemd/system/kubeup-start.service'),
          new RegExp(`/root/${role}Start.sh`),
        );
        if (role === 'minion') {
          assert.equal(await machine.read('etc/salt/grains'), 'minion_ip: 192.168.0.5\n');
        }
      });
    });
  }

  test('the pod network is as designed, and a second run changes nothing', async () => {
    await withMachine({}, async ({ machine }) => {
      execFileSync('bash', ['-c', 'ip link del vxlan42; ip link del cbr0; true'], {
        stdio: 'ignore',
      });
      assert.equal(await machine.start(), 0);
      const ip = (...words: string[]): string => execFileSync('ip', words).toString();
      const look = (): string =>
        ip('link', 'show') + ip('-4', 'addr', 'show', 'cbr0') + ip('route');
      const first = look();
      assert.match(
        ip('-d', 'link', 'show', 'vxlan42'),
        /vxlan id 42 group 239\.0\.0\.42 dev eth2 .*dstport 4789/,
      );
      assert.match(first, /vxlan42.*mtu 1450.*master cbr0/);
      assert.match(first, /link\/ether 0a:58:0a:f0:02:01/);
      assert.match(first, /inet 10\.240\.2\.1\/24 .*cbr0/);
      assert.match(first, /^10\.240\.0\.0\/16 dev cbr0/m);
      assert.equal((await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')).trim(), '1');
      assert.equal(
        (await readFile('/proc/sys/net/ipv4/conf/cbr0/send_redirects', 'utf8')).trim(),
        '0',
      );
      execFileSync(join(machine.root, 'usr/local/lib/kubeup/pod-network.sh'), {
        env: { PATH: process.env.PATH, KUBEUP_ROOT: machine.root },
      });
      assert.equal(look(), first);
    });
  });

  test('a reboot after success neither downloads nor installs, and reports ready again', async () => {
    await withMachine({}, async ({ server, machine, states }) => {
      assert.equal(await machine.start(), 0);
      await rm(join(machine.root, 'var/lib/kubeup/sample'));
      assert.equal(await machine.start(), 0);
      assert.deepEqual(states(), [...WHOLE_BOOT, 'booting', 'ready']);
      assert.equal(server.downloads.length, 1);
      await assert.rejects(machine.read('var/lib/kubeup/sample'));
    });
  });

  test('a boot succeeds although its report URL has expired', async () => {
    await withMachine({}, async ({ server, machine, states }) => {
      server.reportAnswers = [401, 401, 401, 401];
      assert.equal(await machine.start(), 0);
      assert.deepEqual(states(), []);
      assert.match(await machine.log(), /report ready refused: HTTP 401/);
    });
  });

  test('a report is tried again', async () => {
    await withMachine({}, async ({ server, machine, states }) => {
      server.reportAnswers = [503, 500];
      assert.equal(await machine.start(), 0);
      assert.deepEqual(states(), WHOLE_BOOT);
    });
  });

  test('a broken download goes on where it ended', async () => {
    const release = await releaseWith(`#!/bin/bash\n# ${incompressible(200_000)}\n`);
    await withMachine({ release }, async ({ server, machine, states }) => {
      server.answers = [{ status: 503 }, { breakAfter: 50_000 }, { breakAfter: 20_000 }];
      assert.equal(await machine.start(), 0, await machine.log());
      assert.deepEqual(states(), WHOLE_BOOT);
      assert.equal(server.downloads.length, 4);
      assert.deepEqual(server.downloads.slice(0, 2), ['', '']);
      assert.match(server.downloads[2] ?? '', /^bytes=[1-9]\d*-$/);
      assert.match(server.downloads[3] ?? '', /^bytes=[1-9]\d*-$/);
    });
  });

  test('a download without ranges begins anew', async () => {
    const release = await releaseWith(`#!/bin/bash\n# ${incompressible(200_000)}\n`);
    await withMachine({ release }, async ({ server, machine, states }) => {
      server.answers = [{ breakAfter: 50_000 }, 'no ranges', 'no ranges'];
      assert.equal(await machine.start(), 0, await machine.log());
      assert.deepEqual(states(), WHOLE_BOOT);
    });
  });

  test('a release with another hash is refused and removed', async () => {
    await withMachine({ claim: { sha256: '0'.repeat(64) } }, async (scene) => {
      assert.notEqual(await scene.machine.start(), 0);
      assert.deepEqual(scene.states(), ['booting', 'downloading', 'failed']);
      assert.match(scene.reason(), /^release refused: sha256 [0-9a-f]{64}, expected 0{64}$/);
      assert.deepEqual(await readdir(join(scene.machine.root, 'opt/kubeup')), []);
    });
  });

  test('a release of another size is refused', async () => {
    await withMachine({ claim: { bytes: 100_000 } }, async (scene) => {
      assert.notEqual(await scene.machine.start(), 0);
      assert.match(scene.reason(), /^release refused: \d+ bytes, expected 100000$/);
    });
  });

  test('what is no gzip tar is refused', async () => {
    await withMachine({ release: Buffer.from('not a tarball') }, async (scene) => {
      assert.notEqual(await scene.machine.start(), 0);
      assert.equal(scene.reason(), 'release refused: not a gzip tar');
    });
  });

  test('a release without an executable installer for the role is refused', async () => {
    for (const release of [
      await releaseWith('#!/bin/bash\n', 0o644),
      await releaseWith('#!/bin/bash\n', 0o755, 'install-master'),
    ]) {
      await withMachine({ release }, async (scene) => {
        assert.notEqual(await scene.machine.start(), 0);
        assert.equal(scene.reason(), 'release refused: no executable install-minion in it');
      });
    }
  });

  test('an expired release URL fails at once', async () => {
    await withMachine({}, async (scene) => {
      scene.server.answers = [{ status: 401 }];
      assert.notEqual(await scene.machine.start(), 0);
      assert.equal(scene.reason(), 'release download failed: HTTP 401');
      assert.equal(scene.server.downloads.length, 1);
    });
  });

  test('ten tries without progress are enough', async () => {
    await withMachine({}, async (scene) => {
      scene.server.answers = Array.from({ length: 20 }, () => ({ status: 502 }));
      assert.notEqual(await scene.machine.start(), 0);
      assert.equal(scene.reason(), 'release download failed: no complete answer in 10 tries');
      assert.equal(scene.server.downloads.length, 10);
    });
  });

  test('a failing installer is reported with the end of its log, and run again at the next boot', async () => {
    const release = await releaseWith(
      '#!/bin/bash\nyes "a line of a long log" | head -n 2000\n' +
        'echo "see http://h/o?temp_url_sig=topsecret&x=1"\necho last words >&2\n' +
        '[ -e "$KUBEUP_ROOT/mended" ] || exit 7\n',
    );
    await withMachine({ release }, async (scene) => {
      assert.equal(await scene.machine.start(), 1);
      assert.deepEqual(scene.states(), ['booting', 'downloading', 'installing', 'failed']);
      assert.equal(scene.reason(), 'install-minion ended with exit code 7: last words');
      const body = scene.server.reports.at(-1)?.body ?? '';
      assert.ok(Buffer.byteLength(body) <= 8192);
      assert.match(body, /last words/);
      assert.match(body, /temp_url_sig=REDACTED&x=1/);
      await writeFile(join(scene.machine.root, 'mended'), '');
      assert.equal(await scene.machine.start(), 0);
      assert.equal(scene.states().at(-1), 'ready');
      assert.equal(scene.server.downloads.length, 1);
    });
  });

  test('a reboot in the middle of the installer is no failure: the next boot goes on', async () => {
    const release = await releaseWith(
      '#!/bin/bash\n[ ! -e "$KUBEUP_ROOT/mended" ] || exit 0\n' +
        'touch "$KUBEUP_ROOT/mended"; read -r <>"$KUBEUP_ROOT/fifo"\n',
    );
    await withMachine({ release }, async ({ machine, states, server }) => {
      execFileSync('mkfifo', [join(machine.root, 'fifo')]);
      const run = machine.start();
      while (
        !(await machine.read('mended').then(
          () => true,
          () => false,
        ))
      ) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      machine.shutDown();
      assert.equal(await run, 143);
      assert.deepEqual(states(), ['booting', 'downloading', 'installing']);
      assert.equal(await machine.start(), 0);
      assert.deepEqual(states().slice(3), ['booting', 'downloading', 'installing', 'ready']);
      assert.equal(server.downloads.length, 1);
    });
  });

  test('a failure that nobody foresaw names its place', async () => {
    await withMachine({}, async (scene) => {
      await writeFile(join(scene.machine.root, 'opt'), 'a file where a folder should be');
      assert.notEqual(await scene.machine.start(), 0);
      assert.equal(scene.states().at(-1), 'failed');
      assert.match(scene.reason(), /^machine\.sh line \d+ ended with exit code 1$/);
      assert.match(scene.server.reports.at(-1)?.body ?? '', /cannot create directory/);
    });
  });

  test('the installer is given the machine, and no secret', async () => {
    const release = await releaseWith(
      '#!/bin/bash\nenv >"$KUBEUP_ROOT/env"; pwd >"$KUBEUP_ROOT/pwd"\n',
    );
    await withMachine({ release }, async ({ machine }) => {
      assert.equal(await machine.start(), 0);
      const env = await machine.read('env');
      const folder = join(machine.root, `opt/kubeup/release-${sha256(release).slice(0, 12)}`);
      for (const line of [
        'KUBEUP_ROLE=minion',
        'KUBEUP_INDEX=2',
        'KUBEUP_MASTER_ADDRESS=192.168.0.3',
        'KUBEUP_CLOUD_INTERFACE=eth2',
        'KUBEUP_CLOUD_ADDRESS=192.168.0.5',
        'KUBEUP_POD_GATEWAY=10.240.2.1',
        'KUBEUP_POD_MTU=1450',
        `KUBEUP_RELEASE_FOLDER=${folder}`,
      ]) {
        assert.ok(env.split('\n').includes(line), line);
      }
      assert.ok(!env.includes('_URL='));
      assert.ok(!env.includes(SIGNATURE));
      assert.equal((await machine.read('pwd')).trim(), folder);
    });
  });

  test('a machine without its cloud network says so', async () => {
    await withMachine({}, async (scene) => {
      execFileSync('ip', ['addr', 'del', '192.168.0.5/24', 'dev', 'eth2']);
      try {
        assert.notEqual(await scene.machine.start(), 0);
        assert.equal(scene.reason(), 'the pod network could not be made');
        assert.match(scene.server.reports.at(-1)?.body ?? '', /no interface has an address in/);
      } finally {
        execFileSync('ip', ['addr', 'add', '192.168.0.5/24', 'dev', 'eth2']);
      }
    });
  });

  test('the URLs are on no command line while curl runs', async () => {
    await withMachine({}, async ({ server, machine }) => {
      const seen: string[] = [];
      server.onRequest = async () => {
        for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
          const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
          if (words.startsWith('curl')) seen.push(words);
        }
      };
      assert.equal(await machine.start(), 0);
      assert.ok(seen.length >= 5);
      assert.ok(!seen.some((words) => words.includes('temp_url') || words.includes('://')));
    });
  });
}

/** Text that gzip cannot make short, the same at each run. */
function incompressible(length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i += 1) text += sha256(Buffer.from(String(i)));
  return text;
}
