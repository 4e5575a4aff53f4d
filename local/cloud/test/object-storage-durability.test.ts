import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudProcess } from './cloud-process.js';
import { StorageClient } from './storage-client.js';

const MIB = 1024 * 1024;

describe('what is stored', () => {
  let dataDir: string;
  let cloud: CloudProcess;
  let storage: StorageClient;

  const start = async (): Promise<void> => {
    cloud = await CloudProcess.start(dataDir);
    storage = new StorageClient(cloud, cloud.account);
  };
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'local-cloud-'));
    await start();
    await storage.expect(201, 'PUT', '/c');
  });
  afterEach(async () => {
    for (const name of await storage.names('/c')) await storage.call('DELETE', `/c/${name}`);
    await filesAre(0);
  });
  after(async () => {
    await cloud.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  const files = (): string[] => readdirSync(path.join(dataDir, 'objects'));

  /** Waits until so many files of objects are there. */
  async function filesAre(count: number): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (files().length !== count) {
      assert.ok(Date.now() < deadline, `${files().length} files, not ${count}`);
      await sleep(20);
    }
  }

  function open(method: string, name: string, headers: Record<string, string>): ClientRequest {
    const request = httpRequest(`${cloud.url}/v1/${cloud.account}/c/${name}`, {
      method,
      agent: false,
      headers: { 'x-auth-token': cloud.token(), ...headers },
    });
    return request.on('error', () => undefined);
  }

  /** Begins an upload, and leaves it when its first bytes have reached the disk. */
  async function beginUpload(
    name: string,
    headers: Record<string, string>,
  ): Promise<ClientRequest> {
    const before = files().length;
    const upload = open('PUT', name, headers);
    upload.write(Buffer.alloc(MIB, 'n'));
    await filesAre(before + 1);
    return upload;
  }

  it('is nothing of an upload that breaks off', async () => {
    await storage.expect(201, 'PUT', '/c/o', { body: 'old' });
    const announced: Record<string, string>[] = [
      { 'content-length': String(10 * MIB) },
      { 'transfer-encoding': 'chunked' },
    ];
    for (const headers of announced) {
      (await beginUpload('o', headers)).destroy();
      await filesAre(1);
      (await beginUpload('new', headers)).destroy();
      await filesAre(1);
    }
    assert.equal((await storage.expect(200, 'GET', '/c/o')).text, 'old');
    assert.deepEqual(await storage.names('/c'), ['o']);
  });

  it('outlives the process at any moment, and nothing else does', async () => {
    await storage.expect(201, 'PUT', '/c/o', { body: 'old' });
    await beginUpload('o', { 'content-length': String(10 * MIB) });
    await beginUpload('new', { 'transfer-encoding': 'chunked' });
    await cloud.kill();
    assert.equal(files().length, 3);
    await start();
    assert.equal(files().length, 1);
    assert.equal((await storage.expect(200, 'GET', '/c/o')).text, 'old');
    assert.deepEqual(await storage.names('/c'), ['o']);
  });

  it('is everything that was acknowledged before a kill', async () => {
    const acknowledged = new Map<string, string>();
    let isRunning = true;
    const writer = async (id: number): Promise<void> => {
      for (let i = 0; isRunning; i += 1) {
        const name = `${id}-${i % 5}`;
        const body = `${name}:${i}`;
        const put = storage.call('PUT', `/c/${name}`, { body });
        // The kill comes in between.
        const status = await put.then(
          (answer) => answer.status,
          () => 0,
        );
        if (status === 201) acknowledged.set(name, body);
        else isRunning = false;
      }
    };
    const writers = [1, 2, 3, 4].map(writer);
    await sleep(1500);
    await cloud.kill();
    await Promise.all(writers);
    assert.ok(acknowledged.size > 0);
    await start();
    const number = (body: string): number => Number(body.split(':')[1]);
    let bytes = 0;
    const names = await storage.names('/c');
    for (const name of names) {
      const { text } = await storage.expect(200, 'GET', `/c/${name}`);
      // What was under way may have been kept, too.
      assert.ok(number(text) >= number(acknowledged.get(name) ?? `${name}:0`), name);
      bytes += text.length;
    }
    for (const name of acknowledged.keys()) assert.ok(names.includes(name), name);
    const { headers } = await storage.expect(204, 'HEAD', '/c');
    assert.equal(headers['x-container-object-count'], String(names.length));
    assert.equal(headers['x-container-bytes-used'], String(bytes));
    assert.equal(files().length, names.length);
  });

  it('is read to its end even when it is replaced or deleted meanwhile', async () => {
    const old = Buffer.alloc(8 * MIB, 'old ');
    await storage.expect(201, 'PUT', '/c/o', { body: old });
    const download = open('GET', 'o', {});
    download.end();
    const [answer] = (await once(download, 'response')) as [IncomingMessage];
    await storage.expect(201, 'PUT', '/c/o', { body: 'new' });
    await storage.expect(204, 'DELETE', '/c/o');
    await filesAre(0);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(old));
  });

  it(
    'passes through without staying in memory',
    { skip: process.platform !== 'linux' },
    async () => {
      const part = Buffer.alloc(MIB, 'x');
      const parts = 256;
      const before = cloud.peakMemoryMiB();
      const upload = open('PUT', 'big', { 'transfer-encoding': 'chunked' });
      const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
      for (let i = 0; i < parts; i += 1) if (!upload.write(part)) await once(upload, 'drain');
      upload.end();
      const [put] = await answered;
      assert.equal(put.statusCode, 201);
      put.resume();
      await storage.expect(201, 'PUT', '/c/large?multipart-manifest=put', {
        body: JSON.stringify([{ path: '/c/big' }, { path: '/c/big' }]),
      });
      const download = open('GET', 'large', {});
      download.end();
      const [got] = (await once(download, 'response')) as [IncomingMessage];
      let bytes = 0;
      for await (const chunk of got) bytes += (chunk as Buffer).length;
      assert.equal(bytes, 2 * parts * MIB);
      const grown = cloud.peakMemoryMiB() - before;
      assert.ok(grown < 96, `${grown} MiB more for ${3 * parts} MiB`);
    },
  );
});
