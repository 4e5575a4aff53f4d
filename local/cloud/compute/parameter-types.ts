import type { Schema } from './validation.js';

/** Nova's parameter types (`nova/api/validation/parameter_types.py`), keys in its order. */

const TRUE: unknown[] = [true, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'];
const FALSE: unknown[] = [false, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off'].concat([
  'NO',
  'No',
  'no',
]);

export const boolean: Schema = { type: ['boolean', 'string'], enum: [...TRUE, ...FALSE] };

/** Whether one of Nova's booleans is true. */
export function isTrue(value: unknown): boolean {
  return TRUE.includes(value);
}

export const positiveInteger: Schema = {
  type: ['integer', 'string'],
  pattern: '^[0-9]*$',
  minimum: 1,
  minLength: 1,
};

export const nonNegativeInteger: Schema = { ...positiveInteger, minimum: 0 };

export const name: Schema = { type: 'string', minLength: 1, maxLength: 255, format: 'name' };

/** Of the old `/v2`, which strips the spaces. */
export const nameWithSpaces: Schema = { ...name, format: 'name_with_leading_trailing_spaces' };

export const description: Schema = { type: ['string', 'null'], minLength: 0, maxLength: 255 };

export const hostname: Schema = {
  type: 'string',
  minLength: 2,
  maxLength: 63,
  pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$',
};

export const uuid: Schema = { type: 'string', format: 'uuid' };

export const uuidOrEmpty: Schema = { oneOf: [uuid, { type: 'string', maxLength: 0 }] };

export const uuidOrNull: Schema = nullable(uuid);

export const nameOrNull: Schema = nullable({ type: 'string', minLength: 1, maxLength: 255 });

export const flavorRef: Schema = { type: ['string', 'integer'], minLength: 1 };

export const metadata: Schema = {
  type: 'object',
  patternProperties: { '^[a-zA-Z0-9-_:. ]{1,255}$': { type: 'string', maxLength: 255 } },
  additionalProperties: false,
};

export const ipAddress: Schema = {
  type: 'string',
  oneOf: [{ format: 'ipv4' }, { format: 'ipv6' }],
};

export const diskConfig: Schema = { type: 'string', enum: ['AUTO', 'MANUAL'] };

export const personality: Schema = {
  type: 'array',
  items: object({ path: { type: 'string' }, contents: { type: 'string', format: 'base64' } }),
};

export const userData: Schema = { type: 'string', format: 'base64', maxLength: 65535 };

export const tag: Schema = { type: 'string', minLength: 1, maxLength: 60, pattern: '^[^,/]*$' };

/** Either that or null. */
export function nullable(schema: Schema): Schema {
  return { oneOf: [schema, { type: 'null' }] };
}

/** An object of just these properties. */
export function object(properties: Record<string, Schema>, required?: string[]): Schema {
  return {
    type: 'object',
    properties,
    ...(required === undefined ? {} : { required }),
    additionalProperties: false,
  };
}

/** A body of one named object. */
export function wrapped(key: string, inner: Schema): Schema {
  return object({ [key]: inner }, [key]);
}

/** A query parameter, which may come several times. */
export function values(schema: Schema = { type: 'string' }): Schema {
  return { type: 'array', items: schema };
}

/** `limit` and `marker` of a list. */
export const paging: Record<string, Schema> = {
  limit: values(nonNegativeInteger),
  marker: values(),
};

/** A query of these names; others are ignored, from 2.75 on refused. */
export function query(properties: Record<string, Schema>, minor: number): Schema {
  return { type: 'object', properties, additionalProperties: minor < 75 };
}
