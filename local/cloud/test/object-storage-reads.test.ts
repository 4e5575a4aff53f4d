import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCloud, type TestCloud } from './start-cloud.js';
import { md5, page, StorageClient } from './storage-client.js';

const BODY = '0123456789abcdefghijklmnopqrstuvwxyz';
const TYPE = 'text/plain; charset=utf-8;  odd="a; b"';

describe('reading objects', () => {
  let cloud: TestCloud;
  let storage: StorageClient;

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
    await storage.expect(201, 'PUT', '/c');
    await storage.expect(201, 'PUT', '/c/o', { body: BODY, headers: { 'content-type': TYPE } });
  });
  after(() => cloud.close());

  it('answers ranges', async () => {
    const range = (value: string, path = '/c/o') =>
      storage.call('GET', path, { headers: { range: value } });
    for (const [value, start, end] of [
      ['bytes=0-4', 0, 5],
      ['bytes=30-100', 30, 36],
      ['bytes=-5', 31, 36],
      ['bytes=-100', 0, 36],
      ['bytes=35-', 35, 36],
    ] as const) {
      const { status, text, headers } = await range(value);
      assert.equal(status, 206, value);
      assert.equal(text, BODY.slice(start, end));
      assert.equal(headers['content-range'], `bytes ${start}-${end - 1}/36`);
      assert.equal(headers['content-length'], String(end - start));
    }
    for (const malformed of ['bytes=5-3', 'bytes=x', 'items=0-1', 'bytes=-']) {
      assert.equal((await range(malformed)).status, 200, malformed);
    }
    for (const beyond of ['bytes=36-', 'bytes=-0', `bytes=${Array(51).fill('0-0').join(',')}`]) {
      const { status, headers, text } = await range(beyond);
      assert.equal(status, 416, beyond);
      assert.equal(headers['content-range'], 'bytes */36');
      assert.equal(
        text,
        page('Requested Range Not Satisfiable', 'The Range requested is not available.'),
      );
    }
    await storage.expect(201, 'PUT', '/c/empty');
    assert.equal((await range('bytes=0-', '/c/empty')).status, 416);
    assert.equal((await range('bytes=-5', '/c/empty')).status, 200);
  });

  it('answers several ranges in parts', async () => {
    const { status, headers, text } = await storage.call('GET', '/c/o', {
      headers: { range: 'bytes=0-1,10-12,-1' },
    });
    assert.equal(status, 206);
    const boundary = /^multipart\/byteranges;boundary=([0-9a-f]{32})$/.exec(
      headers['content-type'] ?? '',
    )?.[1];
    const part = (range: string, bytes: string): string =>
      `--${boundary}\r\nContent-Type: ${TYPE}\r\n` +
      `Content-Range: bytes ${range}/36\r\n\r\n${bytes}\r\n`;
    const expected = `${part('0-1', '01')}${part('10-12', 'abc')}${part('35-35', 'z')}--${boundary}--`;
    assert.equal(text, expected);
    assert.equal(headers['content-length'], String(expected.length));
  });

  it('heeds conditions', async () => {
    const status = async (headers: Record<string, string>, path = '/c/o'): Promise<number> =>
      (await storage.call('GET', path, { headers })).status;
    assert.equal(await status({ 'if-match': `"${md5(BODY)}"` }), 200);
    assert.equal(await status({ 'if-match': '*' }), 200);
    assert.equal(await status({ 'if-match': 'other' }), 412);
    assert.equal(await status({ 'if-match': '*' }, '/c/none'), 412);
    assert.equal(await status({ 'if-none-match': `"x", "${md5(BODY)}"` }), 304);
    assert.equal(await status({ 'if-none-match': 'other' }), 200);
    const past = 'Thu, 01 Dec 2005 16:00:00 GMT';
    const future = 'Thu, 01 Dec 2033 16:00:00 GMT';
    assert.equal(await status({ 'if-modified-since': future }), 304);
    assert.equal(await status({ 'if-modified-since': past }), 200);
    assert.equal(await status({ 'if-unmodified-since': past }), 412);
    assert.equal(await status({ 'if-unmodified-since': future }), 200);

    const only = { 'if-none-match': '*' };
    await storage.expect(201, 'PUT', '/c/once', { body: '1', headers: only });
    const second = await storage.expect(412, 'PUT', '/c/once', { body: '2', headers: only });
    assert.equal(
      second.text,
      page('Precondition Failed', 'A precondition for this request was not met.'),
    );
    assert.equal((await storage.expect(200, 'GET', '/c/once')).text, '1');
    const { text } = await storage.expect(400, 'PUT', '/c/once', {
      body: '2',
      headers: { 'if-none-match': 'x' },
    });
    assert.equal(text, 'If-None-Match only supports *');
  });
});
