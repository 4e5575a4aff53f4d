import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { deriveSecret } from '../../home/derive.js';
import { openWorld, type World } from './world.js';

/** What nobody may find by looking: name and text of each secret there is. */
async function secretsOf(world: World): Promise<Record<string, string | RegExp>> {
  const { password, apiKey } = await (await world.cloud()).localAccount();
  const rootSecret = (await readFile(path.join(world.root, 'root-secret'), 'utf8')).trim();
  const root = Buffer.from(rootSecret, 'hex');
  return {
    password,
    'API key': apiKey,
    'root secret': rootSecret,
    'temp URL key': deriveSecret(root, '', 'temp-url-key', 32).toString('hex'),
    'SSH key': deriveSecret(root, 'kubernetes', 'ssh-key', 32).toString('hex'),
    'SSH key in base64': deriveSecret(root, 'kubernetes', 'ssh-key', 32).toString('base64'),
    'a private key': /PRIVATE KEY/,
    'a token': /gAAAAA[\w-]{20}/,
    'a signed URL': /temp_url_sig=[0-9a-f]/,
  };
}

describe('secrets', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    await world.kubeup(['local', 'start']);
    const cloud = await world.cloud();
    // Failures quote what the cloud and the machines said: they are where a secret would slip out.
    await cloud.admin('POST', '/machine-rules', { name: 'minion-1$', build: 'error', times: 1 });
    await cloud.admin('POST', '/faults', {
      match: { method: 'GET', service: 'object-store', path: 'master-release' },
      times: 1,
      action: { status: 403 },
    });
    await cloud.admin('POST', '/faults', {
      match: { method: 'POST', service: 'compute', path: '^/servers$' },
      times: 2,
      action: { status: 503, body: 'no temp_url_sig=00000000 today' },
    });
    assert.equal((await world.document(['up', '--minions', '3'])).phase, 'Ready');
    assert.equal((await world.document(['scale', '--minions', '1'])).phase, 'Ready');
  });
  after(() => world.dispose());

  it('are on no command line', async () => {
    const lines: string[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (line.includes(world.root) || line.includes('kubeup')) lines.push(line);
    }
    assert.ok(lines.length >= 2, 'the services were looked at');
    await findNone(lines.join('\n'), 'the command lines');
  });

  it('are in no log', async () => {
    const folder = path.join(world.root, 'logs');
    const files = await readdir(folder);
    assert.ok(files.length >= 3, 'there are logs');
    for (const file of files) await findNone(await readFile(path.join(folder, file), 'utf8'), file);
  });

  it('are in no workflow history', async () => {
    const { temporal } = await world.services();
    const connection = await Connection.connect({ address: temporal?.address });
    const client = new Client({ connection });
    let events = 0;
    for await (const { workflowId, runId } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      events += history.events?.length ?? 0;
      await findNone(decoded(history), `the history of ${workflowId}`);
    }
    await connection.close();
    assert.ok(events > 100, `${events} events were searched`);
    await findNone(JSON.stringify(await world.document(['status'])), 'the status');
  });

  async function findNone(text: string, where: string): Promise<void> {
    for (const [name, secret] of Object.entries(await secretsOf(world))) {
      const isFound = typeof secret === 'string' ? text.includes(secret) : secret.test(text);
      assert.ok(!isFound, `${name} stands in ${where}`);
    }
  }
});

/** Every text and every payload inside, as one text. */
function decoded(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(decoded).join('\n');
}
