import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { pythonRepr, pythonStr } from '../python-text.js';
import { novaFault } from './faults.js';
import { addFormats, nameMessage } from './formats.js';

/** A JSON Schema. */
export type Schema = Record<string, unknown>;

const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
addFormats(ajv);
// Nova's numbers may come as strings.
ajv.removeKeyword('minimum');
ajv.addKeyword({
  keyword: 'minimum',
  validate: (limit: number, value: unknown) => value === '' || !(Number(value) < limit),
});

/** Checks input against a schema; throws Nova's 400 in jsonschema's words. */
export class Validator {
  private readonly validate: ValidateFunction;

  constructor(private readonly schema: Schema) {
    this.validate = ajv.compile(schema);
  }

  /**
   * Checks a body.
   * @param legacy Compute's old `/v2` ignores attributes that it does not know
   */
  body(body: unknown, legacy = false): void {
    const error = this.firstError(body ?? null, legacy);
    if (error !== undefined) throw novaFault(400, message(error, 'field/attribute', -1));
  }

  /** Checks a query; every name has a list of values. */
  query(query: URLSearchParams): void {
    const lists = Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)]));
    const error = this.firstError(lists, false);
    if (error !== undefined) throw novaFault(400, message(error, 'query parameters', 0));
  }

  /** The error that jsonschema comes upon first: it walks a schema depth first, in its own order. */
  private firstError(value: unknown, legacy: boolean): Failure | undefined {
    if (this.validate(value)) return undefined;
    const errors = (this.validate.errors ?? []).filter(
      (error) => !(legacy && error.keyword === 'additionalProperties' && !hasPatterns(error)),
    );
    // A choice that failed is one error; its branches are not errors of their own.
    const choices = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
    const [first] = errors
      .filter((error) => !choices.some((choice) => isBranch(error, choice)))
      .map((error) => ({ error, place: this.place(error.schemaPath) }))
      .sort((a, b) => comparePlaces(a.place, b.place));
    if (first === undefined) return undefined;
    const { schemaPath, instancePath } = first.error;
    const same = errors.filter(
      (error) => error.schemaPath === schemaPath && error.instancePath === instancePath,
    );
    return {
      ...first.error,
      names: same.map(({ params }) => String(params.additionalProperty)),
    };
  }

  /** Where in the schema a keyword stands: its index at every level. */
  private place(schemaPath: string): number[] {
    let at: unknown = this.schema;
    return schemaPath
      .split('/')
      .slice(1)
      .map((part) => {
        const key = unescaped(part);
        const index = Object.keys(at as object).indexOf(key);
        at = (at as Schema)[key] ?? {};
        return index;
      });
  }
}

/** An error, with all the names that one keyword objects to. */
type Failure = ErrorObject & { names: string[] };

function isBranch(error: ErrorObject, choice: ErrorObject): boolean {
  return error !== choice && error.schemaPath.startsWith(`${choice.schemaPath}/`);
}

function comparePlaces(a: number[], b: number[]): number {
  const different = a.findIndex((index, level) => index !== b[level]);
  return different < 0 ? 0 : (a[different] ?? 0) - (b[different] ?? 0);
}

function hasPatterns(error: ErrorObject): boolean {
  return (error.parentSchema as Schema).patternProperties !== undefined;
}

function message(error: Failure, kind: string, level: 0 | -1): string {
  const format = error.keyword === 'format' ? String(error.params.format) : '';
  const detail = detailOf(error);
  const field = error.instancePath.split('/').slice(1).at(level);
  if (nameMessage(format) !== undefined) return nameMessage(format) ?? detail;
  if (field === undefined) return detail;
  return `Invalid input for ${kind} ${unescaped(field)}. Value: ${pythonStr(error.data)}. ${detail}`;
}

function unescaped(part: string): string {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}

function detailOf(error: Failure): string {
  const value = pythonRepr(error.data);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return `'${String(params.missingProperty)}' is a required property`;
    case 'type':
      return `${value} is not of type ${[error.schema].flat().map(pythonRepr).join(', ')}`;
    case 'minLength':
    case 'minItems':
      return `${value} is too short`;
    case 'maxLength':
    case 'maxItems':
      return `${value} is too long`;
    case 'pattern':
      return `${value} does not match ${pythonRepr(error.schema)}`;
    case 'enum':
      return `${value} is not one of ${pythonRepr(error.schema)}`;
    case 'format':
      return `${value} is not a ${pythonRepr(error.schema)}`;
    case 'minimum':
      return `${Number(error.data)} is less than the minimum of ${String(error.schema)}`;
    case 'uniqueItems':
      return `${value} has non-unique elements`;
    case 'minProperties':
      return `${value} does not have enough properties`;
    case 'maxProperties':
      return `${value} has too many properties`;
    case 'additionalProperties':
      return additional(error);
    default:
      return `${value} is not valid under any of the given schemas`;
  }
}

function additional(error: Failure): string {
  const names = error.names.sort();
  const one = names.length === 1;
  if (!hasPatterns(error)) {
    const list = names.map(pythonRepr).join(', ');
    return `Additional properties are not allowed (${list} ${one ? 'was' : 'were'} unexpected)`;
  }
  const patterns = Object.keys((error.parentSchema as Schema).patternProperties as Schema);
  const list = names.map(pythonRepr).join(', ');
  const known = patterns.map(pythonRepr).join(', ');
  return `${list} ${one ? 'does' : 'do'} not match any of the regexes: ${known}`;
}
