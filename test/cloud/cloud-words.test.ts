import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerError } from '../../cloud/failures.js';

test('every service names its request id differently', () => {
  for (const name of [
    'x-openstack-request-id',
    'x-compute-request-id',
    'x-trans-id',
    'x-request-id',
  ]) {
    const answer = { status: 500, headers: { [name]: 'tx9' }, text: '' };
    assert.equal(answerError('do it', answer, (text) => text).failure.requestId, 'tx9');
  }
  const none = answerError('do it', { status: 500, headers: {}, text: '' }, (text) => text);
  assert.ok(!('requestId' in none.failure));
});

test('the words of a cloud are kept short, and free of markup', () => {
  const words = (text: string): string =>
    answerError('do it', { status: 500, headers: {}, text }, (t) => t).failure.message;
  assert.equal(words('<style>p{}</style><script>x()</script><p>a</p>\n<p>b</p>'), 'HTTP 500: a b');
  assert.ok(words('word '.repeat(1000)).length < 520);
  assert.equal(
    words(JSON.stringify({ title: 'odd', detail: 'It  broke\nhere' })),
    'HTTP 500: It broke here',
  );
  assert.equal(words('{"error":"no such thing"}'), 'HTTP 500: no such thing');
  assert.equal(words('[1,2]'), 'HTTP 500: [1,2]');
});
