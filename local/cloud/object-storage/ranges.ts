/** Bytes `start` to `end`, exclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** One range as asked for: `first-last`, `first-` or `-last`, which is a number of last bytes. */
interface RequestedRange {
  first?: number;
  last?: number;
}

const MAX_RANGES = 50;
const MAX_OVERLAPS = 2;
const MAX_NON_ASCENDING = 8;

/** Reads a Range header; one that is malformed counts as none (RFC 7233). */
export function parseRanges(header: string | undefined): RequestedRange[] | undefined {
  const value = header?.replaceAll(' ', '') ?? '';
  if (!/^bytes=/i.test(value)) return undefined;
  const ranges: RequestedRange[] = [];
  for (const text of value.slice('bytes='.length).split(',')) {
    const match = /^(\d*)-(\d*)$/.exec(text);
    if (match === null) return undefined;
    const range = {
      first: match[1] ? Number(match[1]) : undefined,
      last: match[2] ? Number(match[2]) : undefined,
    };
    if (range.first === undefined && range.last === undefined) return undefined;
    if (range.first !== undefined && range.last !== undefined && range.last < range.first) {
      return undefined;
    }
    ranges.push(range);
  }
  return ranges;
}

/** What of the ranges lies in that many bytes; empty when none does or they are an attack. */
export function satisfiableRanges(ranges: RequestedRange[], length: number): ByteRange[] {
  const all: ByteRange[] = [];
  for (const { first, last } of ranges) {
    if (first === undefined) {
      if (last !== 0) all.push({ start: Math.max(0, length - (last ?? 0)), end: length });
    } else if (first < length) {
      all.push({ start: first, end: Math.min((last ?? length) + 1, length) });
    }
  }
  return isExcessive(all) ? [] : all;
}

/** Swift's bounds to what RFC 7233 (6.1) warns of. */
function isExcessive(ranges: ByteRange[]): boolean {
  if (ranges.length > MAX_RANGES) return true;
  let overlaps = 0;
  for (const [index, a] of ranges.entries()) {
    for (const b of ranges.slice(index + 1)) {
      if (inside(b.start, a) || inside(b.end, a) || inside(a.start, b) || inside(a.end, b)) {
        overlaps += 1;
      }
    }
  }
  if (overlaps > MAX_OVERLAPS) return true;
  const ascending = ranges.every(
    (range, index) => index === 0 || ranges[index - 1]!.start <= range.start,
  );
  return !ascending && ranges.length >= MAX_NON_ASCENDING;
}

function inside(position: number, range: ByteRange): boolean {
  return range.start < position && position < range.end;
}
