import type { ErrorObject } from 'ajv';
import {
  hasPatterns,
  newAjv,
  pathOf,
  SchemaCheck,
  wordsOf,
  type Misfit,
  type Schema,
} from '../json-schema.js';
import { pythonStr } from '../python-text.js';
import { novaFault } from './faults.js';
import { addFormats, nameMessage } from './formats.js';

export type { Schema };

const ajv = newAjv();
addFormats(ajv);
// Nova's numbers may come as strings.
ajv.removeKeyword('minimum');
ajv.addKeyword({
  keyword: 'minimum',
  validate: (limit: number, value: unknown) => value === '' || !(Number(value) < limit),
});

/** Checks input against a schema; throws Nova's 400 in jsonschema's words. */
export class Validator {
  private readonly check: SchemaCheck;

  constructor(schema: Schema) {
    this.check = new SchemaCheck(schema, ajv);
  }

  /**
   * Checks a body.
   * @param legacy Compute's old `/v2` ignores attributes that it does not know
   */
  body(body: unknown, legacy = false): void {
    const counts = (error: ErrorObject): boolean =>
      !(legacy && error.keyword === 'additionalProperties' && !hasPatterns(error));
    const [first] = this.check.misfits(body ?? null, counts);
    if (first !== undefined) throw novaFault(400, message(first, 'field/attribute', -1));
  }

  /** Checks a query; every name has a list of values. */
  query(query: URLSearchParams): void {
    const lists = Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)]));
    const [first] = this.check.misfits(lists);
    if (first !== undefined) throw novaFault(400, message(first, 'query parameters', 0));
  }
}

function message(error: Misfit, kind: string, level: 0 | -1): string {
  const format = error.keyword === 'format' ? String(error.params.format) : '';
  const detail = wordsOf(error);
  const field = pathOf(error).at(level);
  if (nameMessage(format) !== undefined) return nameMessage(format) ?? detail;
  if (field === undefined) return detail;
  return `Invalid input for ${kind} ${field}. Value: ${pythonStr(error.data)}. ${detail}`;
}
