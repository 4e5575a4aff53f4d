import { pythonRepr } from './python-text.js';

/** Writes a value to the text; `indent` columns stand before it, `allowance` behind its last line. */
type Writer = (value: unknown, indent: number, allowance: number, top?: boolean) => string;

/** A JSON value as Python's `pprint.pformat` lays it out: sorted, broken where a line gets too long. */
export function pythonPprint(value: unknown, width: number): string {
  const write: Writer = (part, indent, allowance, top = false) => {
    const flat = pythonRepr(sorted(part));
    if (flat.length <= width - indent - allowance) return flat;
    if (typeof part === 'string') return text(part, width - indent, allowance, indent, top);
    if (Array.isArray(part)) {
      return `[${items(part, indent + 1, allowance + 1, write)}]`;
    }
    if (typeof part !== 'object' || part === null) return flat;
    return `{${entries(sorted(part) as object, indent + 1, allowance + 1, write)}}`;
  };
  return write(value, 0, 0, true);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(pairs.map(([key, item]) => [key, sorted(item)]));
}

function entries(value: object, indent: number, allowance: number, write: Writer): string {
  const pairs = Object.entries(value) as [string, unknown][];
  const lines = pairs.map(([key, item], i) => {
    const name = `${pythonRepr(key)}: `;
    const last = i === pairs.length - 1;
    return name + write(item, indent + name.length, last ? allowance : 1);
  });
  return lines.join(`,\n${' '.repeat(indent)}`);
}

function items(values: unknown[], indent: number, allowance: number, write: Writer): string {
  return values
    .map((item, i) => write(item, indent, i === values.length - 1 ? allowance : 1))
    .join(`,\n${' '.repeat(indent)}`);
}

/** A long string: as several literals, broken after blanks and line ends. */
function text(
  value: string,
  room: number,
  allowance: number,
  indent: number,
  top: boolean,
): string {
  const [width, rest, column] = top
    ? [room - 1, allowance + 1, indent + 1]
    : [room, allowance, indent];
  const lines = value.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const chunks = lines.flatMap((line, i) =>
    broken(line, width, i === lines.length - 1 ? width - rest : width),
  );
  const joined = chunks.join(`\n${' '.repeat(column)}`);
  return top && chunks.length > 1 ? `(${joined})` : joined;
}

function broken(line: string, width: number, lastWidth: number): string[] {
  if (pythonRepr(line).length <= lastWidth) return [pythonRepr(line)];
  const words = line.match(/\S*\s+|\S+/g) ?? [];
  const chunks: string[] = [];
  let current = '';
  words.forEach((word, i) => {
    const fits = pythonRepr(current + word).length <= (i === words.length - 1 ? lastWidth : width);
    if (!fits && current !== '') chunks.push(pythonRepr(current));
    current = fits ? current + word : word;
  });
  return [...chunks, pythonRepr(current)];
}
