import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterSeconds } from '../../cloud/answer.js';

const now = Date.parse('2026-11-25T21:00:00Z');
const seconds = (headers: Record<string, string | string[]>, text = ''): number | undefined =>
  retryAfterSeconds({ status: 413, headers, text }, now);
const overLimit = (retryAfter: unknown): string =>
  JSON.stringify({ overLimit: { code: 413, message: 'OverLimit Retry...', retryAfter } });

test('seconds, whole or not', () => {
  assert.equal(seconds({ 'retry-after': '17' }), 17);
  assert.equal(seconds({ 'retry-after': ' 1.2 ' }), 2);
  assert.equal(seconds({ 'retry-after': ['5', '9'] }), 5);
});

test('a date of either form; one that has passed means soon', () => {
  assert.equal(seconds({ 'retry-after': 'Wed, 25 Nov 2026 21:01:30 GMT' }), 90);
  assert.equal(seconds({ 'retry-after': '2026-11-25T21:00:10Z' }), 10);
  assert.equal(seconds({ 'retry-after': 'Wed, 25 Nov 2026 20:00:00 GMT' }), 1);
});

test("the body of the older compute API, where the header doesn't say", () => {
  assert.equal(seconds({}, overLimit('2026-11-25T21:00:42Z')), 42);
  assert.equal(seconds({}, overLimit('7')), 7);
  assert.equal(seconds({}, overLimit(7)), 7);
  assert.equal(seconds({ 'retry-after': '3' }, overLimit('7')), 3);
  assert.equal(seconds({ 'retry-after': '' }, overLimit('7')), 7);
});

test('no time is no time', () => {
  for (const odd of ['0', '-5', '', 'soon', 'Infinity', 'NaN']) {
    assert.equal(seconds({ 'retry-after': odd }), undefined, odd);
  }
  assert.equal(seconds({}), undefined);
  assert.equal(seconds({}, '<html>retryAfter: 5</html>'), undefined);
  assert.equal(seconds({}, overLimit(null)), undefined);
});

test("a date is measured by the cloud's own clock when it tells it", () => {
  const headers = {
    date: 'Wed, 25 Nov 1998 21:00:00 GMT',
    'retry-after': 'Wed, 25 Nov 1998 21:00:20 GMT',
  };
  assert.equal(retryAfterSeconds({ status: 413, headers, text: '' }), 20);
});
