/**
 * Records anew the histories that replay.test.ts replays: for when the workflows may change what they do, since no
 * run of an older version is left. Every run of a version that people use has to stay replayable: then the
 * change is made behind `patched`, and histories are added instead.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { minionWorkflowId } from '../../cluster/workflow-names.js';
import { proposeUpdate } from '../../workflows/interface.js';
import { quota } from './failures.js';
import { historiesFolder, recorded, type RecordedHistory } from './histories.js';
import type { ScriptedWorld } from './scripted-world.js';
import { bringUpRequest, Stage, tearDownRequest } from './stage.js';

/** Small runs make small files. */
const minions = 1;

/** Runs to record, by file name: each brings its run to an end and gives the handle of what is to be kept. */
const recordings: Record<string, (stage: Stage, world: ScriptedWorld) => Promise<Recorded>> = {
  async finished(stage, world) {
    return ended(await stage.bringUp(bringUpRequest(world.cluster, { minions })));
  },
  async adopted(stage, world) {
    const request = bringUpRequest(world.cluster, { minions });
    await stage.broughtUp(request);
    return ended(await stage.bringUp(request));
  },
  async 'machines-replaced'(stage, world) {
    world.fate('master', 'silent', 'ready');
    world.fate('minion-1', 'error', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions }));
    await stage.until(running, (status) => status.minions.some(({ phase }) => phase === 'Ready'));
    world.server('master')!.report = 'failed';
    return ended(running);
  },
  async 'blocked-and-retried'(stage, world) {
    world.fail('ensureNetwork', quota);
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions }));
    await stage.until(running, 'Blocked');
    await stage.retry(running);
    return ended(running);
  },
  async amended(stage, world) {
    world.fail('preflight', quota);
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions: 2 }));
    await stage.until(running, 'Blocked');
    const smaller = bringUpRequest(world.cluster, { minions });
    await running.executeUpdate(proposeUpdate, { args: [smaller] });
    return ended(running);
  },
  async cancelled(stage, world) {
    world.fate('minion-1', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions }));
    await stage.until(running, (status) => status.minions[0]?.phase === 'Booting');
    await running.cancel();
    return ended(running);
  },
  async 'rolled-back'(stage, world) {
    world.fail('verifyCluster', quota);
    const request = bringUpRequest(world.cluster, { minions, onFailure: 'rollback' });
    return ended(await stage.bringUp(request));
  },
  async 'continued-as-new'(stage, world) {
    world.fail('preflight', ...Array.from({ length: 100 }, () => quota));
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions }));
    await stage.until(running, 'Blocked');
    const { runId } = await running.describe();
    do {
      await stage.retry(running);
      await stage.until(running, 'Blocked');
    } while ((await running.describe()).runId === runId);
    await running.terminate();
    return stage.client.workflow.getHandle(running.workflowId, runId);
  },
  async kubernetes(stage, world) {
    const request = bringUpRequest(world.cluster, { minions });
    const release = { ...request.spec.release, kubernetes: '1.34.1' };
    const spec = { ...request.spec, release };
    return ended(await stage.bringUp({ ...request, spec, build: {} }));
  },
  async 'minion-of-kubernetes-replaced'(stage, world) {
    world.fate('minion-1', 'fails', 'ready');
    const request = bringUpRequest(world.cluster, { minions });
    const release = { ...request.spec.release, kubernetes: '1.34.1' };
    await stage.broughtUp({ ...request, spec: { ...request.spec, release } });
    return stage.client.workflow.getHandle(minionWorkflowId(world.cluster, 1));
  },
  async 'torn-down'(stage, world) {
    await stage.broughtUp(bringUpRequest(world.cluster, { minions }));
    return ended(await stage.tearDown(tearDownRequest(world.cluster)));
  },
  async 'tear-down-retried'(stage, world) {
    world.fail('deleteKeyPair', quota);
    const running = await stage.tearDown(tearDownRequest(world.cluster));
    await stage.until(running, 'Blocked');
    await stage.retry(running);
    return ended(running);
  },
  async 'minion-replaced'(stage, world) {
    world.fate('minion-1', 'fails', 'ready');
    await stage.broughtUp(bringUpRequest(world.cluster, { minions }));
    return stage.client.workflow.getHandle(minionWorkflowId(world.cluster, 1));
  },
  async 'minion-cancelled'(stage, world) {
    world.fate('minion-1', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions }));
    await stage.until(running, (status) => status.minions[0]?.phase === 'Booting');
    await running.cancel();
    await ended(running);
    return stage.client.workflow.getHandle(minionWorkflowId(world.cluster, 1));
  },
};

type Recorded = Pick<WorkflowHandle, 'workflowId' | 'fetchHistory'>;

async function ended<H extends Pick<WorkflowHandle, 'result'>>(running: H): Promise<H> {
  await running.result().catch(() => undefined);
  return running;
}

/** One event a line: a change of the workflows shows in the diff as the events it changes. */
function textOf({ workflowId, history }: RecordedHistory): string {
  const events = history.events.map((event) => JSON.stringify(event)).join(',\n');
  return `{"workflowId":${JSON.stringify(workflowId)},"history":{"events":[\n${events}\n]}}\n`;
}

const stage = await Stage.open({ longHistory: 60 });
await rm(historiesFolder, { recursive: true, force: true });
await mkdir(historiesFolder);
for (const [name, record] of Object.entries(recordings)) {
  const run = await record(stage, stage.world());
  const kept = recorded(run.workflowId, await run.fetchHistory());
  const text = textOf(kept);
  for (const trace of [hostname(), process.cwd(), process.env.HOME ?? '']) {
    if (trace.length > 1 && text.includes(trace)) throw new Error(`${name} holds ${trace}`);
  }
  await writeFile(path.join(historiesFolder, `${name}.json`), text);
  process.stdout.write(`${name}: ${kept.history.events.length} events, ${text.length} bytes\n`);
}
await stage.close();
