import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  contains,
  enclosingCidr,
  formatAddress,
  formatRange,
  hostCapacity,
  isPrivate,
  overlaps,
  parseAddress,
  parseCidr,
  podCapacity,
  podRange,
} from '../../cluster/addressing.js';
import type { Range } from '../../cluster/addressing.js';

const anyAddress = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const anyRange: fc.Arbitrary<Range> = fc
  .tuple(anyAddress, fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => {
    const size = 2 ** (32 - prefix);
    const first = address - (address % size);
    return { first, last: first + size - 1, prefix };
  });

/** A network of /8 to /24: the ones that hold pod ranges. */
const anyPodNetwork = anyRange.filter((range) => range.prefix >= 8 && range.prefix <= 24);

function range(cidr: string): Range {
  const parsed = parseCidr(cidr);
  assert.ok(parsed, cidr);
  return parsed;
}

test('An address survives formatting and parsing', () => {
  fc.assert(fc.property(anyAddress, (a) => parseAddress(formatAddress(a)) === a));
});

test('A range survives formatting and parsing', () => {
  fc.assert(
    fc.property(anyRange, (r) => {
      assert.deepEqual(parseCidr(formatRange(r)), r);
    }),
  );
});

test('What is no range is not taken for one', () => {
  for (const text of [
    '',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.1/24',
    '10.0.0/24',
    '10.0.0.256/32',
    '010.0.0.0/8',
    '10.0.0.0/08',
    '10.0.0.0/24 ',
    '::/0',
    '10.0.0.0/-1',
  ]) {
    assert.equal(parseCidr(text), undefined, text);
  }
});

test('Host bits are named away', () => {
  assert.equal(enclosingCidr('10.1.2.3/24'), '10.1.2.0/24');
  assert.equal(enclosingCidr('10.1.2.3'), undefined);
  assert.equal(enclosingCidr('nonsense/24'), undefined);
});

test('Ranges overlap when they share an address, whichever comes first', () => {
  fc.assert(
    fc.property(anyRange, anyRange, (a, b) => {
      const shared = Math.max(a.first, b.first) <= Math.min(a.last, b.last);
      assert.equal(overlaps(a, b), shared);
      assert.equal(overlaps(b, a), shared);
      // Two ranges on power-of-two borders either nest or are apart.
      assert.equal(shared, contains(a, b) || contains(b, a));
    }),
  );
});

test('Private means RFC 1918 or RFC 6598, wholly', () => {
  for (const cidr of ['10.0.0.0/8', '172.31.0.0/16', '192.168.4.0/24', '100.64.0.0/10']) {
    assert.equal(isPrivate(range(cidr)), true, cidr);
  }
  for (const cidr of [
    '8.8.8.0/24',
    '172.32.0.0/16',
    '192.0.0.0/8',
    '0.0.0.0/0',
    '100.128.0.0/16',
  ]) {
    assert.equal(isPrivate(range(cidr)), false, cidr);
  }
});

test('Pod ranges lie in the pod network and are disjoint', () => {
  fc.assert(
    fc.property(anyPodNetwork, fc.nat(), fc.nat(), (network, x, y) => {
      const cidr = formatRange(network);
      const count = podCapacity(cidr) + 1;
      const i = x % count;
      const j = y % count;
      const a = range(podRange(cidr, i));
      const b = range(podRange(cidr, j));
      assert.equal(a.prefix, 24);
      assert.ok(contains(network, a));
      assert.equal(overlaps(a, b), i === j);
    }),
  );
});

test('A pod range depends on its index alone, and follows the one before it', () => {
  fc.assert(
    fc.property(anyPodNetwork, fc.nat(), (network, x) => {
      const cidr = formatRange(network);
      const count = podCapacity(cidr) + 1;
      fc.pre(count > 1);
      const index = 1 + (x % (count - 1));
      assert.equal(podRange(cidr, index), podRange(cidr, index));
      assert.equal(range(podRange(cidr, index)).first, range(podRange(cidr, index - 1)).last + 1);
    }),
  );
});

test('There is no pod range beyond the capacity', () => {
  fc.assert(
    fc.property(anyPodNetwork, (network) => {
      const cidr = formatRange(network);
      podRange(cidr, podCapacity(cidr));
      assert.throws(() => podRange(cidr, podCapacity(cidr) + 1), RangeError);
    }),
  );
  assert.throws(() => podRange('10.240.0.0/16', -1), RangeError);
  assert.throws(() => podRange('10.240.0.0/16', 1.5), RangeError);
});

test('The original gets its ranges', () => {
  assert.equal(podRange('10.240.0.0/16', 0), '10.240.0.0/24');
  assert.equal(podRange('10.240.0.0/16', 1), '10.240.1.0/24');
  assert.equal(podRange('10.240.0.0/16', 255), '10.240.255.0/24');
  assert.equal(podCapacity('10.240.0.0/16'), 255);
  assert.equal(podCapacity('10.240.0.0/25'), 0);
  assert.equal(hostCapacity('192.168.0.0/24'), 251);
  assert.equal(hostCapacity('192.168.0.0/30'), 0);
});
