import type { FastifyRequest } from 'fastify';
import { asObject } from '../json-body.js';
import { pythonStr } from '../python-text.js';
import type { ImageRecord } from '../records.js';
import type { State } from '../state.js';
import { WebobFault } from '../webob-fault.js';
import {
  isField,
  MAX_PROPERTIES,
  requireQuota,
  requireVisibility,
  setField,
} from './image-fields.js';
import { requireOwn } from './image-store.js';
import { glanceBody, unsupportedMedia } from './json-body.js';
import { requireChangeable } from './new-image.js';
import { checkImage } from './schema-check.js';

/** Media types by the draft of JSON Patch that they stand for. */
const MEDIA_TYPES: Record<string, 4 | 10> = {
  'application/openstack-images-v2.0-json-patch': 4,
  'application/openstack-images-v2.1-json-patch': 10,
};

const OPERATIONS = ['add', 'remove', 'replace'];

/** One change of an image. */
interface Change {
  op: string;
  name: string;
  value: unknown;
  draft: 4 | 10;
}

/** The changes that a request asks for; throws 400, 403 and 415 for what can never be done. */
export function requestedChanges(request: FastifyRequest): Change[] {
  const type = request.headers['content-type']?.split(';')[0]?.trim() ?? '';
  const draft = MEDIA_TYPES[type];
  if (draft === undefined) {
    throw unsupportedMedia(request, { 'accept-patch': Object.keys(MEDIA_TYPES).join(', ') });
  }
  const body = glanceBody(request);
  if (!Array.isArray(body)) {
    throw new WebobFault(400, 'Request body must be a JSON array of operation objects.');
  }
  return body.map((raw: unknown) => {
    const operation = asObject(raw);
    if (operation === undefined) throw new WebobFault(400, 'Operations must be JSON objects.');
    return change(operation, draft);
  });
}

/** Makes the changes, all or none; throws 403, 409 and 413. */
export function applyChanges(state: State, image: ImageRecord, changes: Change[]): void {
  const before = Object.keys(image.properties);
  for (const { op, name, value, draft } of changes) {
    if (name === 'locations') refuseLocations(op, value);
    if (op === 'replace' && name === 'owner') {
      throw WebobFault.below(403, "Owner can't be updated by non admin.");
    }
    if (op !== 'remove' && name === 'visibility') requireVisibility(value);
    requireOwn(state, image);
    const exists = isField(name) || Object.hasOwn(image.properties, name);
    if (op === 'add' && exists && draft === 4) {
      throw WebobFault.below(409, `Property ${name} already present.`);
    }
    if (op === 'remove' && isField(name)) {
      throw WebobFault.below(403, `Property ${name} may not be removed.`);
    }
    if (op !== 'add' && !exists) throw WebobFault.below(409, `Property ${name} does not exist.`);
    if (op === 'remove') {
      const others = Object.entries(image.properties).filter(([key]) => key !== name);
      image.properties = Object.fromEntries(others);
    } else setField(image, name, value);
  }
  const after = Object.keys(image.properties);
  if (after.some((name) => !before.includes(name))) {
    requireQuota('properties', after.length, MAX_PROPERTIES);
  }
}

function change(operation: Record<string, unknown>, draft: 4 | 10): Change {
  const op = draft === 10 ? operationOf10(operation) : operationOf4(operation);
  const pointer = draft === 10 ? operation.path : operation[op];
  if (pointer === undefined)
    throw new WebobFault(400, "Unable to find 'path' in JSON Schema change");
  const path = tokens(pythonStr(pointer));
  const [name = ''] = path;
  // A list of locations may be changed item by item.
  const depth = name === 'locations' && op !== 'replace' ? 2 : 1;
  if (path.length !== depth) {
    throw new WebobFault(400, `Invalid JSON pointer for this resource: '/${path.join('/')}'`);
  }
  const { value } = operation;
  if (op !== 'remove' && value === undefined) {
    throw new WebobFault(400, `Operation "${op}" requires a member named "value".`);
  }
  requireChangeable(name);
  if (op !== 'remove') checkImage({ [name]: depth === 2 ? [value] : value });
  return { op, name, value, draft };
}

function operationOf10({ op }: Record<string, unknown>): string {
  const available = `It must be one of the following: ${OPERATIONS.join(', ')}.`;
  if (op === undefined || op === null) {
    throw new WebobFault(400, `Unable to find \`op\` in JSON Schema change. ${available}`);
  }
  if (typeof op === 'string' && OPERATIONS.includes(op)) return op;
  throw new WebobFault(400, `Invalid operation: \`${pythonStr(op)}\`. ${available}`);
}

function operationOf4(operation: Record<string, unknown>): string {
  const [op, ...others] = OPERATIONS.filter((name) => name in operation);
  const members = 'member named "add", "remove", or "replace".';
  if (op === undefined) {
    throw new WebobFault(400, `Operation objects must contain exactly one ${members}`);
  }
  if (others.length > 0) {
    throw new WebobFault(400, `Operation objects must contain only one ${members}`);
  }
  return op;
}

/** The parts of a JSON pointer. */
function tokens(pointer: string): string[] {
  const problem = pointerProblem(pointer);
  if (problem !== undefined) throw new WebobFault(400, `Pointer \`${pointer}\` ${problem}`);
  return pointer
    .replace(/^\/+/, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~').trim());
}

function pointerProblem(pointer: string): string | undefined {
  if (!pointer.startsWith('/')) return 'does not start with "/".';
  if (/\/\s*?\//.test(pointer.slice(1))) return 'contains adjacent "/".';
  if (pointer.length > 1 && pointer.endsWith('/')) return 'end with "/".';
  if (/~[^01]/.test(pointer) || pointer.endsWith('~')) {
    return 'contains "~" not part of a recognized escape sequence.';
  }
  return undefined;
}

/** Where bytes lie is not shown here, and so not changed. */
function refuseLocations(op: string, value: unknown): never {
  if (op === 'replace' && Array.isArray(value) && value.length === 0) {
    throw WebobFault.below(403, 'Cannot set locations to empty list.');
  }
  const verb = op === 'replace' ? 'update' : op;
  throw new WebobFault(403, `It's not allowed to ${verb} locations if locations are invisible.`);
}
