import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { pythonPprint } from './python-pprint.js';
import { pythonRepr } from './python-text.js';

/** A JSON Schema. */
export type Schema = Record<string, unknown>;

/** What does not fit, with all the names that one keyword objects to. */
export type Misfit = ErrorObject & { names: string[] };

const options = { strict: false, allErrors: true, verbose: true };

/** A validator that tells all that does not fit; a service may teach it formats and keywords of its own. */
export function newAjv(): Ajv {
  return new Ajv(options);
}

/** Checks values against a schema as Python's jsonschema does, which OpenStack's services quote. */
export class SchemaCheck {
  private readonly validate: ValidateFunction;

  constructor(
    private readonly schema: object,
    ajv = newAjv(),
  ) {
    this.validate = ajv.compile(schema);
  }

  /**
   * What does not fit, in jsonschema's order: it walks a schema depth first, in the schema's own order.
   * @param counts leaves out what a service overlooks
   */
  misfits(value: unknown, counts: (error: ErrorObject) => boolean = () => true): Misfit[] {
    if (this.validate(value)) return [];
    const errors = (this.validate.errors ?? []).filter(counts);
    // A choice that failed is one error; its branches are not errors of their own.
    const choices = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
    const names = (of: ErrorObject): string[] =>
      errors
        .filter(
          ({ schemaPath, instancePath }) =>
            schemaPath === of.schemaPath && instancePath === of.instancePath,
        )
        .map(({ params }) => String(params.additionalProperty));
    return errors
      .filter((error) => !choices.some((choice) => isBranch(error, choice)))
      .map((error) => ({ error, place: this.place(error.schemaPath) }))
      .sort((a, b) => comparePlaces(a.place, b.place))
      .map(({ error }) => ({ ...error, names: names(error) }));
  }

  /** Where in the schema a keyword stands: its index at every level. */
  private place(schemaPath: string): number[] {
    let at: unknown = this.schema;
    return partsOf(schemaPath).map((key) => {
      const index = Object.keys(at as object).indexOf(key);
      at = (at as Schema)[key] ?? {};
      return index;
    });
  }
}

/** Names of the places on the way to what does not fit. */
export function pathOf({ instancePath }: Misfit): string[] {
  return partsOf(instancePath);
}

/** As jsonschema's error prints itself: what is wrong, the part of the schema that says so, and what it is said of. */
export function wholeWordsOf(misfit: Misfit): string {
  const inSchema = partsOf(misfit.schemaPath).slice(0, -1);
  const shown = (value: unknown): string =>
    pythonPprint(value, 72)
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n');
  return (
    `${wordsOf(misfit)}\n\nFailed validating ${pythonRepr(misfit.keyword)} in ${place('schema', inSchema)}:\n` +
    `${shown(misfit.parentSchema)}\n\nOn ${place('instance', pathOf(misfit))}:\n${shown(misfit.data)}`
  );
}

function place(root: string, parts: string[]): string {
  return root + parts.map((part) => `[${/^\d+$/.test(part) ? part : pythonRepr(part)}]`).join('');
}

function partsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isBranch(error: ErrorObject, choice: ErrorObject): boolean {
  return error !== choice && error.schemaPath.startsWith(`${choice.schemaPath}/`);
}

function comparePlaces(a: number[], b: number[]): number {
  const different = a.findIndex((index, level) => index !== b[level]);
  return different < 0 ? 0 : (a[different] ?? 0) - (b[different] ?? 0);
}

/** Whether a schema names its properties by patterns, too. */
export function hasPatterns(error: ErrorObject): boolean {
  return (error.parentSchema as Schema).patternProperties !== undefined;
}

/** What is wrong, in jsonschema's words. */
export function wordsOf(error: Misfit): string {
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

function additional(error: Misfit): string {
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
