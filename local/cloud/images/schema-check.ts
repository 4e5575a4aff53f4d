import { pathOf, SchemaCheck, wholeWordsOf } from '../json-schema.js';
import { WebobFault } from '../webob-fault.js';
import { imageSchema } from './schemas.js';

const { properties, additionalProperties } = imageSchema;
const check = new SchemaCheck({ properties, additionalProperties });

/** Checks an image, or a part of one, against the schema; throws Glance's 400. */
export function checkImage(image: Record<string, unknown>): void {
  // Of several, jsonschema's best match is the one that lies least deep, and of those the first.
  const [misfit] = check.misfits(image).sort((a, b) => pathOf(a).length - pathOf(b).length);
  if (misfit === undefined) return;
  throw new WebobFault(
    400,
    `Provided object does not match schema '${imageSchema.name}': ${wholeWordsOf(misfit)}`,
  );
}
