import { randomInt, randomUUID } from 'node:crypto';
import type { Cloud } from '../cloud.js';
import { takeMachineRules } from '../machines/rules.js';
import type {
  FlavorRecord,
  ImageRecord,
  KeyPairRecord,
  RequestedNetwork,
  ServerInput,
  ServerRecord,
} from '../records.js';
import { minDiskOf } from './image-fit.js';
import { injectedFiles, type Personality } from './injected-files.js';
import { isTrue } from './parameter-types.js';
import type { parseNetworks } from './requested-networks.js';

interface BlockDevice {
  source_type?: string;
  destination_type?: string;
  uuid?: string;
  volume_id?: string;
}

/** The `server` of a create, as its schema leaves it. */
export interface ServerWish {
  name: string;
  imageRef?: string;
  flavorRef: string | number;
  metadata?: Record<string, string>;
  networks?: Parameters<typeof parseNetworks>[0];
  'OS-DCF:diskConfig'?: 'AUTO' | 'MANUAL';
  accessIPv4?: string;
  accessIPv6?: string;
  personality?: Personality;
  availability_zone?: string;
  block_device_mapping?: BlockDevice[];
  block_device_mapping_v2?: BlockDevice[];
  config_drive?: boolean | string;
  key_name?: string;
  min_count?: number | string;
  max_count?: number | string;
  security_groups?: { name?: string }[];
  user_data?: string | null;
  description?: string | null;
  tags?: string[];
  hostname?: string;
  host?: string;
  hypervisor_hostname?: string;
  return_reservation_id?: boolean | string;
  /** Of the scheduler's hints, which stand beside the server. */
  group?: string;
}

/** Everything a create has named, found. */
export interface Found {
  image: ImageRecord;
  flavor: FlavorRecord;
  keyPair: KeyPairRecord | undefined;
  networks: RequestedNetwork[];
  securityGroups: string[];
  reservationId: string;
}

/**
 * A server about to be built, as the machine rules want it. Call it inside the transaction that
 * makes it.
 * @param suffix tells the servers of one create apart
 */
export function newServer(
  cloud: Cloud,
  wish: ServerWish,
  found: Found,
  suffix: string,
  minor: number,
): ServerRecord {
  const now = Date.now();
  const id = randomUUID();
  const baseName = wish.name.trim();
  const name = baseName + suffix;
  const rules = takeMachineRules(cloud.state, name);
  const buildMs = typeof rules.build === 'number' ? rules.build : cloud.machines.times.buildMs;
  const fails = rules.build === 'error';
  const hostname = hostnameFor(baseName);
  return {
    id,
    order: cloud.state.nextNumber(),
    reservationId: found.reservationId,
    name,
    hostname: wish.hostname ?? (hostname === '' ? `Server-${id}` : hostname + suffix),
    description: minor >= 19 ? (wish.description ?? null) : baseName,
    createdAt: now,
    updatedAt: now,
    launchedAt: null,
    terminatedAt: null,
    ...(wish.group === undefined ? {} : { groupId: wish.group }),
    imageId: found.image.id,
    flavorId: found.flavor.id,
    minDiskGiB: minDiskOf(found.flavor, found.image),
    keyName: wish.key_name ?? null,
    metadata: wish.metadata ?? {},
    tags: [...new Set(wish.tags ?? [])],
    securityGroups: found.securityGroups,
    configDrive: isTrue(wish.config_drive),
    diskConfig: wish['OS-DCF:diskConfig'] ?? defaultDiskConfig(cloud),
    accessIPv4: wish.accessIPv4 ?? '',
    accessIPv6: wish.accessIPv6 ?? '',
    requestedNetworks: found.networks,
    hostId: '',
    availabilityZone: wish.availability_zone?.trim() ?? '',
    vmState: 'building',
    taskState: 'scheduling',
    powerState: 0,
    progress: 0,
    locked: false,
    fault: null,
    next: fails
      ? { step: 'fail', at: now + buildMs * 0.3 }
      : { step: 'network', at: now + buildMs * 0.3 },
    buildMs,
    buildEnd: fails ? 'error' : rules.build === 'never' ? 'never' : 'active',
    guest: rules.guest === 'silent' ? 'silent' : 'pending',
    boots: 0,
  };
}

/** What the server's machine is given. */
export function newInput(wish: ServerWish, { keyPair }: Found): ServerInput {
  return {
    userData: wish.user_data ?? null,
    publicKeys: keyPair === undefined ? {} : { [keyPair.name]: keyPair.publicKey },
    personality: injectedFiles(wish.personality),
  };
}

/** As Nova's `sanitize_hostname`. */
function hostnameFor(name: string): string {
  return name
    .replace(/[^\u0000-\u00ff]/g, '')
    .slice(0, 63)
    .replace(/[ _.]/g, '-')
    .replace(/[^\p{L}\p{N}_.-]+/gu, '')
    .toLowerCase()
    .replace(/^[.-]+|[.-]+$/g, '');
}

/** What a server gets that says nothing of it. */
export function defaultDiskConfig({ profile }: Cloud): 'AUTO' | 'MANUAL' {
  return profile.name === 'rackspace' ? 'AUTO' : 'MANUAL';
}

const PASSWORD_SYMBOLS = ['23456789', 'ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz'];

/** A password as Nova makes them: 12 characters, one of each kind at least. */
export function newPassword(): string {
  const draw = (symbols: string): string => symbols.charAt(randomInt(symbols.length));
  const drawn = PASSWORD_SYMBOLS.map(draw);
  while (drawn.length < 12)
    drawn.splice(randomInt(drawn.length + 1), 0, draw(PASSWORD_SYMBOLS.join('')));
  return drawn.join('');
}

const RESERVATION_SYMBOLS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** What the servers of one create have in common, in Nova's form. */
export function newReservation(): string {
  const draw = (): string => RESERVATION_SYMBOLS.charAt(randomInt(RESERVATION_SYMBOLS.length));
  return `r-${Array.from({ length: 8 }, draw).join('')}`;
}
