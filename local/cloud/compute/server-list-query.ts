import * as type from './parameter-types.js';
import { sortKeys } from './server-sort.js';
import { Validator, type Schema } from './validation.js';

const NAMES = (
  'user_id project_id tenant_id launch_index image_ref image vm_state task_state host uuid ' +
  'sort_dir all_tenants soft_deleted deleted status block_device_mapping services metadata ' +
  'system_metadata info_cache security_groups pci_devices'
).split(' ');

const PATTERNS = (
  'kernel_id ramdisk_id hostname key_name power_state node flavor reservation_id launched_at ' +
  'terminated_at availability_zone name display_name description display_description locked_by ' +
  'root_device_name config_drive access_ip_v4 access_ip_v6 auto_disk_config progress ip ip6 ' +
  'created_at'
).split(' ');

const TAG_PATTERNS = ['tags', 'tags-any', 'not-tags', 'not-tags-any'];

const PATTERN = type.values({ type: 'string', format: 'regex' });
const TIME = type.values({ type: 'string', format: 'date-time' });

const validators = new Map<number, Validator>();

/** Checks the query of a list of servers; throws 400. */
export function checkListQuery(query: URLSearchParams, minor: number): void {
  const version = [75, 73, 66, 26].find((step) => step <= minor) ?? 1;
  const validator = validators.get(version) ?? new Validator(schema(version));
  validators.set(version, validator);
  validator.query(query);
}

function schema(minor: number): Schema {
  const patterns = minor >= 26 ? [...PATTERNS, ...TAG_PATTERNS] : PATTERNS;
  return {
    ...type.query(
      {
        ...Object.fromEntries(NAMES.map((name) => [name, type.values()])),
        ...Object.fromEntries(patterns.map((name) => [name, PATTERN])),
        sort_key: type.values({ type: 'string', enum: sortKeys(minor) }),
        'changes-since': TIME,
        ...(minor >= 66 ? { 'changes-before': TIME } : {}),
        ...(minor >= 73 ? { locked: type.values() } : {}),
        ...type.paging,
      },
      minor,
    ),
    patternProperties: { '^_': type.values() },
  };
}
