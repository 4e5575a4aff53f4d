import { pythonPprint } from '../python-pprint.js';
import { pythonRepr } from '../python-text.js';
import { WebobFault } from '../webob-fault.js';
import { imageSchema, type Schema } from './schemas.js';

/** What does not fit, in jsonschema's words. */
interface Misfit {
  message: string;
  keyword: string;
  schema: Schema;
  schemaPath: string[];
  instance: unknown;
  path: (string | number)[];
}

/** Checks an image, or a part of one, against the schema; throws Glance's 400. */
export function checkImage(image: Record<string, unknown>): void {
  // Of several, jsonschema reports the one that lies least deep, and of those the first.
  const [misfit] = misfitsOfImage(image).sort((a, b) => a.path.length - b.path.length);
  if (misfit === undefined) return;
  throw new WebobFault(
    400,
    `Provided object does not match schema '${imageSchema.name}': ${words(misfit)}`,
  );
}

function misfitsOfImage(image: Record<string, unknown>): Misfit[] {
  const { properties, additionalProperties } = imageSchema;
  const known = Object.entries(properties)
    .filter(([name]) => Object.hasOwn(image, name))
    .flatMap(([name, schema]) => misfits(image[name], schema, [name], ['properties', name]));
  const others = Object.entries(image)
    .filter(([name]) => !Object.hasOwn(properties, name))
    .flatMap(([name, value]) =>
      misfits(value, additionalProperties, [name], ['additionalProperties']),
    );
  return [...known, ...others];
}

function misfits(
  instance: unknown,
  schema: Schema,
  path: (string | number)[],
  schemaPath: string[],
): Misfit[] {
  const found: Misfit[] = [];
  const misfit = (keyword: string, words: string): void => {
    const message = `${pythonRepr(instance)} ${words}`;
    found.push({ message, keyword, schema, schemaPath, instance, path });
  };
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'type') {
      const types = [value as string | string[]].flat();
      const reprs = types.map(pythonRepr).join(', ');
      if (!types.some((type) => isOfType(instance, type)))
        misfit(keyword, `is not of type ${reprs}`);
    } else if (keyword === 'enum') {
      if (!(value as unknown[]).includes(instance)) {
        misfit(keyword, `is not one of ${pythonRepr(value)}`);
      }
    } else if (keyword === 'pattern' && typeof instance === 'string') {
      if (!new RegExp(value as string).test(instance)) {
        misfit(keyword, `does not match ${pythonRepr(value)}`);
      }
    } else if (keyword === 'maxLength' && typeof instance === 'string') {
      if (Array.from(instance).length > (value as number)) misfit(keyword, 'is too long');
    } else if (keyword === 'items' && Array.isArray(instance)) {
      instance.forEach((item, i) => {
        found.push(...misfits(item, value as Schema, [...path, i], [...schemaPath, 'items']));
      });
    }
  }
  return found;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function words({ message, keyword, schema, schemaPath, instance, path }: Misfit): string {
  const at = (name: string, indices: (string | number)[]): string =>
    name + indices.map((index) => `[${pythonRepr(index)}]`).join('');
  const shown = (value: unknown): string =>
    pythonPprint(value, 72)
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n');
  return (
    `${message}\n\nFailed validating ${pythonRepr(keyword)} in ${at('schema', schemaPath)}:\n` +
    `${shown(schema)}\n\nOn ${at('instance', path)}:\n${shown(instance)}`
  );
}
