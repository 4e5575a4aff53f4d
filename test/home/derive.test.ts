import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { deriveSecret } from '../../home/derive.js';

const root = Buffer.alloc(32, 1);

it('derives the same secret again, on any worker', () => {
  assert.equal(
    deriveSecret(root, 'kubernetes', 'ssh-key', 32).toString('hex'),
    '8d2746ff038d8f598f360454135a6699bbc790cef4b3d63060b609a6a6718118',
  );
});

it('derives another secret for another root, cluster or purpose', () => {
  const names = fc.tuple(fc.string(), fc.string());
  fc.assert(
    fc.property(names, names, ([c1, p1], [c2, p2]) => {
      const one = deriveSecret(root, c1, p1, 16);
      const same = c1 === c2 && p1 === p2;
      assert.equal(one.equals(deriveSecret(root, c2, p2, 16)), same);
      assert.ok(!one.equals(deriveSecret(Buffer.alloc(32, 2), c1, p1, 16)));
    }),
  );
});

it('gives as many bytes as asked', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8160 }), (bytes) => {
      assert.equal(deriveSecret(root, 'c', 'p', bytes).length, bytes);
    }),
    { numRuns: 20 },
  );
});
