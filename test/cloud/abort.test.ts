import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import { everyCall, failureOf } from './calls.js';
import { json, scripted, startScriptedCloud } from './scripted-cloud.js';

test('every aborted call rejects with the reason of its signal, and its connection closes', async (t) => {
  const reason = new Error('no longer wanted');
  let arrived: (() => void) | undefined;
  let closed = 0;
  const { cloud, behind } = await scripted(t, (request, response) => {
    request.resume();
    response.on('close', () => (closed += 1));
    arrived?.();
  });
  await assert.rejects(cloud.compute.listServers({}, { signal: AbortSignal.abort(reason) }));
  assert.equal(behind.logins.length, 0);
  for (const [name, call] of Object.entries(everyCall)) {
    const controller = new AbortController();
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const running = call(cloud, { signal: controller.signal });
    const rejected = assert.rejects(running, (error) => error === reason, name);
    await arrival;
    controller.abort(reason);
    await rejected;
    await assert.rejects(
      call(cloud, { signal: controller.signal }),
      (error) => error === reason,
      `${name}, aborted before`,
    );
  }
  const deadline = Date.now() + 5000;
  while (closed < Object.keys(everyCall).length && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(closed, Object.keys(everyCall).length);
});

test('one caller giving up does not take the log-in from the others', async (t) => {
  const heldBack: ServerResponse[] = [];
  let arrived: (() => void) | undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const { cloud, behind } = await scripted(
    t,
    (_request, response) => json(response, 200, { servers: [] }),
    {
      login: (_body, response) => {
        arrived?.();
        return heldBack.push(response) === 1;
      },
    },
  );
  const controller = new AbortController();
  const impatient = cloud.compute.listServers({}, { signal: controller.signal });
  const patient = failureOf(cloud.compute.listServers());
  await arrival;
  controller.abort(new Error('impatient'));
  await assert.rejects(impatient, /impatient/);
  heldBack[0]?.destroy();
  assert.equal((await patient).reason, 'ConnectionLost');
  assert.equal(behind.logins.length, 1);
});

test('a log-in that fails behind a caller who gave up troubles nobody', async (t) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));

  const gone = await startScriptedCloud(() => undefined);
  await gone.close();
  const cloud = openCloud(gone.account());
  const controller = new AbortController();
  const running = cloud.compute.listServers({}, { signal: controller.signal });
  controller.abort(new Error('no longer wanted'));
  await assert.rejects(running, /no longer wanted/);
  const signal = AbortSignal.abort(new Error('aborted before'));
  await assert.rejects(cloud.compute.listServers({}, { signal }), /aborted before/);
  await assert.rejects(cloud.identity.authenticate({ signal }), /aborted before/);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(unhandled, []);
});
