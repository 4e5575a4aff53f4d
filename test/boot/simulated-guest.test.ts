import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { boot, type GuestMachine, type Pause } from '../../boot/simulated-guest.js';
import { type BootInput, renderUserData } from '../../boot/user-data.js';
import { masterInput, minionInput, sampleRelease, sha256 } from './boot-input.js';
import {
  reportReason,
  type ReleaseServer,
  SIGNATURE,
  startReleaseServer,
} from './release-server.js';

interface Scene {
  server: ReleaseServer;
  machine: GuestMachine;
  abort: AbortController;
  console: string[];
  /** Seconds that were waited between tries, none of them really. */
  pauses: number[];
  run: (pause?: Pause) => Promise<void>;
  states: () => (string | undefined)[];
  /** First line of the last report. */
  reason: () => string;
}

async function withGuest(
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
  const abort = new AbortController();
  const lines: string[] = [];
  const pauses: number[] = [];
  const machine: GuestMachine = {
    userData: Buffer.from(renderUserData(input)),
    metaData: { uuid: 'u', name: input.name, hostname: input.name, meta: {}, public_keys: {} },
    addresses: { 'kubernetes-pool-net': ['192.168.0.5'] },
    console: (line) => lines.push(line),
    signal: abort.signal,
  };
  const instant: Pause = (seconds, signal) => {
    pauses.push(seconds);
    signal.throwIfAborted();
    return Promise.resolve();
  };
  try {
    await play({
      server,
      machine,
      abort,
      console: lines,
      pauses,
      run: (pause = instant) => boot(machine, pause),
      states: () => server.reports.map((report) => report.state),
      reason: () => reportReason(server.reports.at(-1)?.body ?? ''),
    });
    assert.ok(!lines.join('\n').includes(SIGNATURE));
    assert.ok(!server.reports.some((report) => report.body.includes(SIGNATURE)));
  } finally {
    await server.close();
  }
}

const WHOLE_BOOT = ['booting', 'downloading', 'installing', 'ready'];

for (const role of ['master', 'minion'] as const) {
  test(`a ${role} with the right release becomes ready, and again when it is run again`, async () => {
    await withGuest({ role }, async ({ run, states, console: lines }) => {
      await run();
      assert.deepEqual(states(), WHOLE_BOOT);
      assert.match(lines.join('\n'), /release [0-9a-f]{12} is right: \d+ bytes/);
      await run();
      assert.deepEqual(states(), [...WHOLE_BOOT, ...WHOLE_BOOT]);
    });
  });
}

test('a release with another hash is refused', async () => {
  await withGuest({ claim: { sha256: '0'.repeat(64) } }, async ({ run, states, reason }) => {
    await run();
    assert.deepEqual(states(), ['booting', 'downloading', 'failed']);
    assert.match(reason(), /^release refused: sha256 [0-9a-f]{64}, expected 0{64}$/);
  });
});

test('a release of another size is refused', async () => {
  for (const bytes of [100, 100_000]) {
    await withGuest({ claim: { bytes } }, async ({ run, reason }) => {
      await run();
      assert.match(reason(), new RegExp(`^release refused: \\d+ bytes, expected ${bytes}$`));
    });
  }
});

test('what is no gzip tar is refused', async () => {
  const sample = await sampleRelease();
  for (const release of [
    Buffer.from('not a tarball'),
    gzipSync(Buffer.alloc(5000, 'x')),
    sample.subarray(0, sample.length - 100),
    randomLooking(300_000),
  ]) {
    await withGuest({ release }, async ({ run, reason }) => {
      await run();
      assert.equal(reason(), 'release refused: not a gzip tar');
    });
  }
});

test('a release without an executable installer for the role is refused', async () => {
  for (const release of [
    await tarball('install-minion', 0o644),
    await tarball('install-master', 0o755),
    await tarball('bin/install-minion', 0o755),
  ]) {
    await withGuest({ release }, async ({ run, reason }) => {
      await run();
      assert.equal(reason(), 'release refused: no executable install-minion in it');
    });
  }
});

test("a tarball of GNU tar's, with ./ before each name, is taken", async () => {
  await withGuest({ release: await tarball('install-minion', 0o755) }, async ({ run, states }) => {
    await run();
    assert.deepEqual(states(), WHOLE_BOOT);
  });
});

test('a broken download goes on where it ended, and the whole is still checked', async () => {
  const release = await tarball('install-minion', 0o755, randomLooking(300_000));
  await withGuest({ release }, async ({ run, server, states, pauses }) => {
    server.answers = [{ status: 503 }, { breakAfter: 100_000 }, { breakAfter: 50_000 }];
    await run();
    assert.deepEqual(states(), WHOLE_BOOT);
    assert.match(server.downloads.at(-1) ?? '', /^bytes=[1-9]\d*-$/);
    assert.ok(server.downloads.length >= 4);
    assert.equal(pauses[0], 1);
  });
});

test('a server without ranges begins anew: what went by already is skipped', async () => {
  const release = await tarball('install-minion', 0o755, randomLooking(300_000));
  await withGuest({ release }, async ({ run, server, states }) => {
    server.answers = [{ breakAfter: 100_000 }, 'no ranges'];
    await run();
    assert.deepEqual(states(), WHOLE_BOOT);
  });
});

test('an expired release URL fails at once', async () => {
  await withGuest({}, async ({ run, server, reason, pauses }) => {
    server.answers = [{ status: 401 }];
    await run();
    assert.equal(reason(), 'release download failed: HTTP 401');
    assert.deepEqual(pauses, []);
  });
});

test('ten tries without progress are enough', async () => {
  await withGuest({}, async ({ run, server, reason, pauses }) => {
    server.answers = Array.from({ length: 20 }, () => ({ status: 502 }));
    await run();
    assert.equal(reason(), 'release download failed: no complete answer in 10 tries');
    assert.equal(server.downloads.length, 10);
    assert.deepEqual(pauses, [1, 2, 4, 8, 30, 30, 30, 30, 30]);
  });
});

test('a cloud that is down and comes up again is waited for', async () => {
  const release = await sampleRelease();
  await withGuest({ release }, async ({ run, server, console: lines }) => {
    await server.close();
    let revived: ReleaseServer | undefined;
    try {
      await run(async () => {
        revived ??= await startReleaseServer(release, server.port);
      });
      assert.deepEqual(
        revived?.reports.map((report) => report.state),
        WHOLE_BOOT,
      );
      assert.match(lines.join('\n'), /report booting did not get through: HTTP none/);
    } finally {
      await revived?.close();
    }
  });
});

test('a report that is refused does not fail the boot', async () => {
  await withGuest({}, async ({ run, server, states, console: lines }) => {
    server.reportAnswers = [401, 503, 503, 201];
    await run();
    assert.deepEqual(states(), ['downloading', 'installing', 'ready']);
    assert.match(lines.join('\n'), /report booting refused: HTTP 401/);
  });
});

test('an aborted machine stops, and reports nothing more', async () => {
  await withGuest({}, async ({ run, server, abort, states }) => {
    server.onRequest = () => {
      if (server.reports.length === 2) abort.abort(new Error('deleted'));
      return Promise.resolve();
    };
    await assert.rejects(run(), /deleted/);
    assert.deepEqual(states(), ['booting', 'downloading']);
  });
  await withGuest({}, async ({ run, server, abort }) => {
    server.answers = [{ status: 503 }];
    await assert.rejects(
      run((_, signal) => {
        abort.abort(new Error('deleted'));
        return Promise.reject(signal.reason as Error);
      }),
      /deleted/,
    );
  });
});

test('user-data that is not ours is left alone', async () => {
  await withGuest({}, async ({ machine, run, states, console: lines }) => {
    for (const userData of [
      '',
      '#!/bin/sh\necho\n',
      '#cloud-config\n',
      '#cloud-config\nruncmd: []\n',
    ]) {
      machine.userData = Buffer.from(userData);
      await run();
    }
    assert.deepEqual(states(), []);
    assert.equal(lines.length, 4);
  });
});

/** A gzip tar made by the system's tar. */
async function tarball(path: string, mode: number, filling?: Buffer): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'kubeup-test-'));
  try {
    execFileSync('install', ['-D', '-m', mode.toString(8), '/dev/null', join(folder, 'r', path)]);
    if (filling) await writeFile(join(folder, 'r', 'filling'), filling);
    execFileSync('tar', ['-czf', join(folder, 'r.tar.gz'), '-C', join(folder, 'r'), '.']);
    return await readFile(join(folder, 'r.tar.gz'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Bytes that gzip cannot make fewer, the same at each run. */
function randomLooking(length: number): Buffer {
  const chunks: Buffer[] = [];
  for (let i = 0; i * 32 < length; i += 1) {
    chunks.push(Buffer.from(sha256(Buffer.from(String(i))), 'hex'));
  }
  return Buffer.concat(chunks).subarray(0, length);
}
