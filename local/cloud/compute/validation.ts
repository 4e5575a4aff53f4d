import { isIPv4, isIPv6 } from 'node:net';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isUuidLike } from '../ids.js';
import { pythonRepr, pythonStr } from '../python-text.js';
import { novaFault } from './faults.js';

/** A JSON Schema. */
export type Schema = Record<string, unknown>;

const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
ajv.addFormat('base64', { type: 'string', validate: isPythonBase64 });
ajv.addFormat('ipv4', { type: 'string', validate: isIPv4 });
ajv.addFormat('ipv6', { type: 'string', validate: isIPv6 });
ajv.addFormat('uuid', { type: 'string', validate: isUuidLike });
ajv.addFormat('name', {
  type: 'string',
  validate: (text) => /^\S(.*\S)?$/su.test(text) && /^[^\p{C}]*$/u.test(text),
});
ajv.addFormat('keypair_name_20', {
  type: 'string',
  validate: (text) => /^[-_ 0-9a-zA-Z]+$/.test(text) && text.trim() !== '',
});
ajv.addFormat('keypair_name_292', {
  type: 'string',
  validate: (text) => /^[-_ .@0-9a-zA-Z]+$/.test(text) && text.trim() !== '',
});

/** What Nova says when a name breaks its format; the whole message. */
const FORMAT_MESSAGES: Record<string, string> = {
  name:
    "An invalid 'name' value was provided. The name must be: printable characters. " +
    'Can not start or end with whitespace.',
  keypair_name_20:
    "An invalid 'name' value was provided. The name must be: Only expected characters: " +
    '[_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]',
  keypair_name_292:
    "An invalid 'name' value was provided. The name must be: Only expected characters: " +
    '[@._- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]',
};

/** Checks a body against a schema; throws Nova's 400 in jsonschema's words. */
export class BodyValidator {
  private readonly validate: ValidateFunction;

  /** @param schema of the whole body */
  constructor(schema: Schema) {
    this.validate = ajv.compile(schema);
  }

  /** @param legacy Compute's old `/v2` ignores attributes that it does not know */
  check(body: unknown, legacy: boolean): void {
    if (this.validate(body)) return;
    const errors = (this.validate.errors ?? []).filter(
      (error) => !(legacy && error.keyword === 'additionalProperties'),
    );
    const error = mostTelling(errors);
    if (error !== undefined) throw novaFault(400, message(error));
  }
}

/** The error jsonschema would raise first: of the choices, the choice itself, not its branches. */
function mostTelling(errors: ErrorObject[]): ErrorObject | undefined {
  const choice = errors.find(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  const outside = errors.find(
    (error) => choice === undefined || !error.schemaPath.startsWith(choice.schemaPath),
  );
  return outside !== undefined && outside !== choice && !isBranch(outside, choice)
    ? outside
    : (choice ?? errors[0]);
}

function isBranch(error: ErrorObject, choice: ErrorObject | undefined): boolean {
  return choice !== undefined && error.instancePath.startsWith(choice.instancePath);
}

function message(error: ErrorObject): string {
  const format = error.keyword === 'format' ? String(error.params['format']) : '';
  if (FORMAT_MESSAGES[format] !== undefined) return FORMAT_MESSAGES[format];
  const detail = detailOf(error);
  const field = error.instancePath.split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~');
  if (field === undefined || field === '') return detail;
  return `Invalid input for field/attribute ${field}. Value: ${pythonStr(error.data)}. ${detail}`;
}

function detailOf(error: ErrorObject): string {
  const value = pythonRepr(error.data);
  const params = error.params as Record<string, unknown>;
  const parent = error.parentSchema as Schema | undefined;
  switch (error.keyword) {
    case 'required':
      return `'${String(params['missingProperty'])}' is a required property`;
    case 'type':
      return `${value} is not of type ${[params['type']].flat().map(pythonRepr).join(', ')}`;
    case 'minLength':
    case 'minItems':
      return `${value} is too short`;
    case 'maxLength':
    case 'maxItems':
      return `${value} is too long`;
    case 'pattern':
      return `${value} does not match ${pythonRepr(params['pattern'])}`;
    case 'enum':
      return `${value} is not one of ${pythonRepr(params['allowedValues'])}`;
    case 'format':
      return `${value} is not a ${pythonRepr(params['format'])}`;
    case 'minimum':
      return `${value} is less than the minimum of ${String(params['limit'])}`;
    case 'maximum':
      return `${value} is greater than the maximum of ${String(params['limit'])}`;
    case 'uniqueItems':
      return `${value} has non-unique elements`;
    case 'minProperties':
      return `${value} does not have enough properties`;
    case 'maxProperties':
      return `${value} has too many properties`;
    case 'additionalProperties': {
      const name = String(params['additionalProperty']);
      const patterns = Object.keys((parent?.['patternProperties'] as Schema | undefined) ?? {});
      return patterns.length > 0
        ? `${pythonRepr(name)} does not match any of the regexes: ${patterns.map(pythonRepr).join(', ')}`
        : `Additional properties are not allowed (${pythonRepr(name)} was unexpected)`;
    }
    default:
      return `${value} is not valid under any of the given schemas`;
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
