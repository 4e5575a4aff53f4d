const TOKEN = '[^()<>@,;:"/\\[\\]?={}\\u0000-\\u0020\\u007f]+';
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const EXTENSION = `(?:\\s*;\\s*(?:${TOKEN})\\s*=\\s*(?:${TOKEN}|${QUOTED}))`;
const MEDIA_RANGE = new RegExp(`^\\s*(${TOKEN})/(${TOKEN})(${EXTENSION}*?\\s*)$`);

/** What came as an Accept header is none. */
export class MalformedAccept extends Error {
  override readonly name = 'MalformedAccept';
}

/**
 * Which of the content types an Accept header likes best: the first when there is no header,
 * undefined when it likes none.
 * @throws {MalformedAccept}
 */
export function bestMatch(accept: string | undefined, offered: string[]): string | undefined {
  if (!accept) return offered[0];
  const wanted: { pattern: RegExp; quality: number; exact: boolean }[] = [];
  for (const range of accept.split(',')) {
    const [, type, subtype, extensions = ''] = MEDIA_RANGE.exec(range) ?? [];
    if (type === undefined || subtype === undefined) throw new MalformedAccept();
    const qualities = extensions
      .split(';')
      .map((extension) => extension.split('='))
      .filter(([name]) => name?.trim() === 'q')
      .map(([, value]) => Number(value));
    const quality = qualities[0] ?? 1;
    if (qualities.length > 1 || Number.isNaN(quality)) throw new MalformedAccept();
    wanted.push({
      pattern: new RegExp(`^${part(type)}/${part(subtype)}$`),
      quality,
      exact: type !== '*' && subtype !== '*',
    });
  }
  wanted.sort((a, b) => b.quality - a.quality || Number(b.exact) - Number(a.exact));
  for (const { pattern } of wanted) {
    const found = offered.find((type) => pattern.test(type));
    if (found !== undefined) return found;
  }
  return undefined;
}

function part(name: string): string {
  return name === '*' ? TOKEN : name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
