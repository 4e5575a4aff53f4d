import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { activitiesIn, ScriptedWorld } from './scripted-world.js';
import { bringUpRequest, Stage } from './stage.js';

const folder = fileURLToPath(new URL('../../dist/embedding-doc/', import.meta.url));

let stage: Stage;
before(async () => (stage = await Stage.open()));
after(() => stage.close());

/** The documentation's own pipeline, as a file that a worker takes; `kubeup` names this package from inside it too. */
async function pipelineOfDocument(): Promise<string> {
  const text = await readFile(new URL('../../docs/embedding.md', import.meta.url), 'utf8');
  const code = /```ts\n(\/\/ your workflows\n.*?)```/s.exec(text)?.[1];
  assert.ok(code, 'docs/embedding.md has a pipeline');
  await mkdir(folder, { recursive: true });
  const activity =
    "const { runTests } = proxyActivities({ startToCloseTimeout: '1h', heartbeatTimeout: '5s', retry: { maximumAttempts: 1 } });";
  const file = `${folder}pipeline.ts`;
  await writeFile(
    file,
    `import { proxyActivities } from '@temporalio/workflow';\n${activity}\n${code}`,
  );
  return file;
}

for (const ending of ['succeed', 'fail', 'are cancelled with the pipeline'] as const) {
  test(`the documented pipeline takes its cluster down when the tests ${ending}`, async (t) => {
    t.after(() => rm(folder, { recursive: true, force: true }));
    const world = new ScriptedWorld(`doc-${ending.replaceAll(' ', '-')}`);
    let begun: () => void;
    const testing = new Promise<void>((resolve) => (begun = resolve));
    const runTests = async (): Promise<string> => {
      assert.equal(world.servers.length, 2);
      begun();
      if (ending === 'succeed') return 'fine';
      if (ending === 'fail') throw new Error('a test failed');
      for (;;) {
        Context.current().heartbeat();
        await Context.current().sleep(50);
      }
    };
    const worker = await Worker.create({
      connection: stage.env.nativeConnection,
      taskQueue: world.cluster,
      workflowsPath: await pipelineOfDocument(),
      activities: { ...activitiesIn(new Map([[world.cluster, world]])), runTests },
      maxHeartbeatThrottleInterval: '50ms',
    });
    await worker.runUntil(async () => {
      const { spec } = bringUpRequest(world.cluster, { minions: 1 });
      const running = await stage.client.workflow.start('testRelease', {
        workflowId: `release-${world.cluster}`,
        taskQueue: world.cluster,
        args: [{ spec, tests: 'all' }],
      });
      await testing;
      if (ending === 'succeed') {
        assert.equal(await running.result(), 'fine');
      } else {
        if (ending !== 'fail') await running.cancel();
        await assert.rejects(running.result(), WorkflowFailedError);
      }
      assert.deepEqual(world.servers, []);
      assert.ok(!world.network && !world.keyPair && !world.release);
    });
  });
}
