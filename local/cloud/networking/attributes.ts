import { asObject } from '../json-body.js';
import { badRequest, disallowed } from './faults.js';

export type Json = Record<string, unknown>;

/** The network owner's is a project's own network only. */
type Policy = 'anyone' | 'network owner' | 'admin';

/** One attribute of a resource: Neutron's attribute maps, as far as a project can notice them. */
export interface Attribute {
  /** May be given at a create. */
  create?: boolean;
  /** May be changed. */
  update?: boolean;
  /** Must be given at a create. */
  required?: boolean;
  /** Of a create that does not give it; without one it stays undefined. */
  default?: unknown;
  /** Brings a given value, or a filter's, into form; throws what cannot be. */
  convert?: (value: unknown) => unknown;
  /** Says what is wrong with a value, if anything. */
  check?: (value: unknown) => string | undefined;
  filter?: boolean;
  sort?: boolean;
  /** Who may give it, when a policy rule of its own says so. */
  policy?: Policy | { create: Policy; update: Policy };
  /** The extension that brings it; a cloud without that extension does not know the attribute. */
  extension?: string;
}

export type AttributeMap = Record<string, Attribute>;

/** What is asked of a resource in a request's body. */
export interface Wanted {
  items: Json[];
  /** Whether the body was a list under the collection's name. */
  bulk: boolean;
}

interface Named {
  name: string;
  collection: string;
  attributes: AttributeMap;
}

/** The attributes that a cloud with these extensions knows. */
export function known(attributes: AttributeMap, extensions: Set<string>): AttributeMap {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([, { extension }]) => extension === undefined || extensions.has(extension),
    ),
  );
}

/**
 * What a create or an update asks for: checked, converted, with the defaults of a create.
 * @throws 400 in Neutron's words
 */
export function wantedOf(
  resource: Named,
  body: unknown,
  action: 'create' | 'update',
  projectId: string,
): Wanted {
  const { name, collection } = resource;
  if (body === undefined) throw unableToFind(name);
  const json = asObject(body);
  if (json === undefined) throw badRequest('Body contains invalid data');
  const prepare = (item: unknown): Json => prepared(resource, item, action, projectId);
  if (!(collection in json)) {
    if (!(name in json) || json[name] === null) throw unableToFind(name);
    return { items: [prepare(json[name])], bulk: false };
  }
  if (action === 'update') throw badRequest('Bulk operation not supported');
  const list = json[collection];
  if (!list || (Array.isArray(list) && list.length === 0)) throw badRequest('Resources required');
  if (!Array.isArray(list)) {
    const isIterable = typeof list === 'object' || typeof list === 'string';
    throw badRequest(
      isIterable ? `Object '${name}' contains invalid data` : 'Body contains invalid data',
    );
  }
  const items = list.map((item: unknown) => {
    const object = asObject(item);
    if (object === undefined) throw badRequest('Body contains invalid data');
    return prepare(name in object ? object[name] : object);
  });
  return { items, bulk: true };
}

/**
 * Checks what the attributes' own policy rules say.
 * @throws 403 with the rules that were asked, nested as Neutron's policy engine nests them
 */
export function enforcePolicy(
  { name, attributes }: Named,
  action: 'create' | 'update' | 'delete',
  item: Json,
  who: { isOwner: boolean; ownsNetwork: boolean },
): void {
  const rule = `rule:${action}_${name}`;
  const policyOf = ({ policy }: Attribute): Policy | undefined =>
    typeof policy === 'object' ? policy[action === 'create' ? 'create' : 'update'] : policy;
  const watched = Object.entries(attributes).filter(([key, attribute]) => {
    if (policyOf(attribute) === undefined || item[key] === undefined) return false;
    return action !== 'create' || item[key] !== attribute.default;
  });
  const isAllowed = watched.every(([, attribute]) => {
    const policy = policyOf(attribute);
    return policy === 'anyone' || (policy === 'network owner' && who.ownsNetwork);
  });
  if (who.isOwner && isAllowed) return;
  throw disallowed(watched.reduce((rules, [key]) => `(${rules} and ${rule}:${key})`, rule));
}

function prepared(
  { name, attributes }: Named,
  given: unknown,
  action: 'create' | 'update',
  projectId: string,
): Json {
  const item = asObject(given);
  if (item === undefined) throw badRequest(`Object '${name}' contains invalid data`);
  checkProject(item, projectId);
  const unknown = Object.keys(item).filter((attribute) => !(attribute in attributes));
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`);
  return convert(attributes, action === 'create' ? completed(attributes, item) : item, action);
}

function checkProject(item: Json, projectId: string): void {
  const project = item.project_id ?? item.tenant_id;
  const tenant = item.tenant_id ?? item.project_id;
  if (project !== tenant) throw badRequest("'project_id' and 'tenant_id' do not match");
  if (project !== undefined && project !== projectId) {
    throw badRequest(
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request " +
        'requires admin or advsvc privileges',
    );
  }
}

function completed(attributes: AttributeMap, item: Json): Json {
  const complete = { ...item };
  for (const [attribute, { create, required, default: initial }] of Object.entries(attributes)) {
    if (create !== true) {
      if (attribute in item) throw badRequest(`Attribute '${attribute}' not allowed in POST`);
    } else if (!(attribute in item)) {
      if (required === true) {
        throw badRequest(
          `Failed to parse request. Required attribute '${attribute}' not specified`,
        );
      }
      complete[attribute] = initial;
    }
  }
  return complete;
}

function convert(attributes: AttributeMap, item: Json, action: 'create' | 'update'): Json {
  const converted = { ...item };
  const known = Object.entries(attributes).filter(([attribute]) => item[attribute] !== undefined);
  if (action === 'update') {
    const fixed = known.find(([, { update }]) => update !== true);
    if (fixed !== undefined) throw badRequest(`Cannot update read-only attribute ${fixed[0]}`);
  }
  for (const [attribute, { convert, check }] of known) {
    const value = convert === undefined ? item[attribute] : convert(item[attribute]);
    converted[attribute] = value;
    const reason = check?.(value);
    if (reason !== undefined) {
      throw badRequest(`Invalid input for ${attribute}. Reason: ${reason}.`);
    }
  }
  return converted;
}

function unableToFind(name: string): ReturnType<typeof badRequest> {
  return badRequest(`Unable to find '${name}' in request body`);
}
