import { isIPv4, isIPv6 } from 'node:net';
import type { Ajv } from 'ajv';
import { isUuidLike } from '../ids.js';

/** Nova: letters, marks, digits, punctuation, symbols, and spaces inside. */
const NAME = /^(?![\p{C}\p{Z}])[^\p{C}\p{Zl}\p{Zp}]*(?<![\p{C}\p{Z}])$/u;
const NAME_WITH_SPACES = /^(?=.*[^\p{C}\p{Z}])[^\p{C}\p{Zl}\p{Zp}]*$/su;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Python's own `datetime.fromisoformat` is laxer; this is what `parse_isotime` of oslo takes. */
const ISO_TIME = /^\d{4}-?\d\d-?\d\d([T ]\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?$/;

/** Why Nova refuses a name of each format. */
const NAME_REASONS: Record<string, string> = {
  name: 'printable characters. Can not start or end with whitespace.',
  name_with_leading_trailing_spaces: 'printable characters with at least one non space character',
  keypair_name_20: `Only expected characters: [_- 0123456789${LETTERS}]`,
  keypair_name_292: `Only expected characters: [@._- 0123456789${LETTERS}]`,
};

/** Teaches a validator the formats that Nova's schemas name. */
export function addFormats(ajv: Ajv): void {
  const formats: Record<string, (text: string) => boolean> = {
    base64: isPythonBase64,
    ipv4: isIPv4,
    ipv6: isIPv6,
    uuid: isUuidLike,
    regex: isRegex,
    'date-time': (text) => isoTime(text) !== undefined,
    name: (text) => text === '' || NAME.test(text),
    name_with_leading_trailing_spaces: (text) => NAME_WITH_SPACES.test(text),
    keypair_name_20: (text) => /^[-_ 0-9a-zA-Z]*$/.test(text),
    keypair_name_292: (text) => /^[-@._ 0-9a-zA-Z]*$/.test(text),
  };
  for (const [name, validate] of Object.entries(formats)) {
    ajv.addFormat(name, { type: 'string', validate });
  }
}

/** The whole message for a name that breaks its format; undefined for other formats. */
export function nameMessage(format: string): string | undefined {
  const reason = NAME_REASONS[format];
  return reason === undefined
    ? undefined
    : `An invalid 'name' value was provided. The name must be: ${reason}`;
}

/** An ISO 8601 moment as milliseconds since the epoch, UTC when it names no zone. */
export function isoTime(text: string): number | undefined {
  if (!ISO_TIME.test(text)) return undefined;
  const zoned = /(Z|[T ].*[+-]\d\d(:?\d\d)?)$/.test(text)
    ? text
    : `${text}${text.length > 10 ? 'Z' : ''}`;
  const ms = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(ms) ? undefined : ms;
}

function isRegex(text: string): boolean {
  if (text === '') return false;
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** Python's lenient base64: what is not of the alphabet is skipped, the padding must be right. */
function isPythonBase64(text: string): boolean {
  const kept = text.replace(/[^A-Za-z0-9+/=]/g, '');
  const data = kept.replace(/=.*$/s, '');
  const padding = kept.length - data.length;
  const rest = data.length % 4;
  return rest === 0 || (rest !== 1 && padding >= 4 - rest);
}
