import * as type from './parameter-types.js';
import { Validator, type Schema } from './validation.js';

const validators = new Map<string, Validator>();

/** A validator, made at its first use: each microversion that changed a body has one of its own. */
function cached(key: string, schema: () => Schema): Validator {
  const validator = validators.get(key) ?? new Validator(schema());
  validators.set(key, validator);
  return validator;
}

/** The newest of these microversions that `minor` includes. */
function step(minor: number, steps: number[]): number {
  return Math.max(1, ...steps.filter((step) => step <= minor));
}

/** Of `POST /servers`. */
export function createValidator(minor: number, legacy: boolean): Validator {
  const version = step(minor, [19, 32, 33, 37, 42, 52, 57, 63, 67, 74, 90]);
  return cached(`create ${version} ${legacy}`, () => createSchema(version, legacy));
}

/** Of `PUT /servers/ID`. */
export function updateValidator(minor: number, legacy: boolean): Validator {
  const version = step(minor, [19, 90]);
  return cached(`update ${version} ${legacy}`, () =>
    type.wrapped(
      'server',
      type.object({
        name: legacy ? type.nameWithSpaces : type.name,
        'OS-DCF:diskConfig': type.diskConfig,
        accessIPv4: { type: 'string', format: 'ipv4' },
        accessIPv6: { type: 'string', format: 'ipv6' },
        ...(version >= 19 ? { description: type.description } : {}),
        ...(version >= 90 ? { hostname: type.hostname } : {}),
      }),
    ),
  );
}

/** Of the action `rebuild`. */
export function rebuildValidator(minor: number, legacy: boolean): Validator {
  const version = step(minor, [19, 54, 57, 63, 90]);
  const since = (first: number, properties: Record<string, Schema>): Record<string, Schema> =>
    version >= first ? properties : {};
  return cached(`rebuild ${version} ${legacy}`, () =>
    type.wrapped(
      'rebuild',
      type.object(
        {
          name: legacy ? type.nameWithSpaces : type.name,
          imageRef: type.uuid,
          adminPass: { type: 'string' },
          metadata: type.metadata,
          preserve_ephemeral: type.boolean,
          'OS-DCF:diskConfig': type.diskConfig,
          accessIPv4: { type: 'string', format: 'ipv4' },
          accessIPv6: { type: 'string', format: 'ipv6' },
          ...(version < 57 ? { personality: type.personality } : {}),
          ...since(19, { description: type.description }),
          ...since(54, { key_name: type.nameOrNull }),
          ...since(57, { user_data: type.nullable(type.userData) }),
          ...since(63, { trusted_image_certificates: { type: ['array', 'null'] } }),
          ...since(90, { hostname: type.hostname }),
        },
        ['imageRef'],
      ),
    ),
  );
}

function createSchema(minor: number, legacy: boolean): Schema {
  const name = legacy ? type.nameWithSpaces : type.name;
  const since = (version: number, properties: Record<string, Schema>): Record<string, Schema> =>
    minor >= version ? properties : {};
  const server = type.object(
    {
      name,
      imageRef: type.uuidOrEmpty,
      flavorRef: type.flavorRef,
      adminPass: { type: 'string' },
      metadata: type.metadata,
      networks: networks(minor),
      'OS-DCF:diskConfig': type.diskConfig,
      accessIPv4: { type: 'string', format: 'ipv4' },
      accessIPv6: { type: 'string', format: 'ipv6' },
      ...(minor < 57 ? { personality: type.personality } : {}),
      availability_zone: name,
      block_device_mapping: { type: 'array', items: { type: 'object' } },
      block_device_mapping_v2: { type: 'array', items: { type: 'object' } },
      config_drive: type.boolean,
      key_name: name,
      min_count: type.positiveInteger,
      max_count: type.positiveInteger,
      return_reservation_id: type.boolean,
      security_groups: { type: 'array', items: type.object({ name }) },
      user_data: legacy ? type.nullable(type.userData) : type.userData,
      ...since(19, { description: type.description }),
      ...since(52, { tags: { type: 'array', items: type.tag, maxItems: 50 } }),
      ...since(63, { trusted_image_certificates: { type: ['array', 'null'] } }),
      ...since(74, { host: { type: 'string' }, hypervisor_hostname: { type: 'string' } }),
      ...since(90, { hostname: type.hostname }),
    },
    ['name', 'flavorRef', ...(minor >= 37 ? ['networks'] : [])],
  );
  const hints: Schema = { type: 'object' };
  return type.object({ server, 'os:scheduler_hints': hints, 'OS-SCH-HNT:scheduler_hints': hints }, [
    'server',
  ]);
}

/** A list; from 2.37 on required, and `auto` or `none` instead of a list. */
function networks(minor: number): Schema {
  const tagged = (minor >= 32 && minor < 37) || minor >= 42;
  const list: Schema = {
    type: 'array',
    items: type.object({
      fixed_ip: type.ipAddress,
      port: type.uuidOrNull,
      uuid: minor >= 37 ? type.uuid : { type: 'string' },
      ...(tagged ? { tag: type.tag } : {}),
    }),
  };
  if (minor < 37) return list;
  return { oneOf: [list, { type: 'string', enum: ['none', 'auto'] }] };
}
