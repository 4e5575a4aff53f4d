import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import type * as R from './records.js';

/** A key: one string, or a parent's key and one's own (ordered as UTF-8 bytes, as Swift lists). */
export type Key = string | (string | number)[];

/** Sorts after every string and number under the same parent. */
const LAST = Buffer.from([255]) as unknown as string;

/** One kind of record. Reads are synchronous; writes belong inside {@link State.transaction}. */
export class Table<T> {
  constructor(private readonly db: Database<T, Key>) {}

  get(key: Key): T | undefined {
    return this.db.get(key);
  }

  has(key: Key): boolean {
    return this.db.doesExist(key);
  }

  put(key: Key, value: T): void {
    this.db.putSync(key, value);
  }

  remove(key: Key): void {
    this.db.removeSync(key);
  }

  all(): T[] {
    return [...this.db.getRange({}).map(({ value }) => value)];
  }

  entries(): { key: Key; value: T }[] {
    return [...this.db.getRange({})];
  }

  /** Records under a parent key in order, from `start` (inclusive) on; read lazily. */
  under(parent: string, start?: string): Iterable<{ key: Key; value: T }> {
    return this.db.getRange({
      start: start === undefined ? [parent] : [parent, start],
      end: [parent, LAST],
    });
  }

  /** As {@link under}, last record first, from `start` (inclusive) down. */
  underReversed(parent: string, start?: string): Iterable<{ key: Key; value: T }> {
    return this.db.getRange({ start: [parent, start ?? LAST], end: [parent], reverse: true });
  }

  removeUnder(parent: string): void {
    for (const { key } of [...this.under(parent)]) this.db.removeSync(key);
  }

  clear(): void {
    this.db.clearSync();
  }
}

/**
 * Everything the cloud remembers, in one LMDB file.
 *
 * Nothing is synced to the disk on commit: a killed process loses nothing (the pages are the
 * kernel's), a power cut may. That is the bargain of a cloud for trials and tests.
 */
export class State {
  /** Bytes of objects, one file each. */
  readonly objectDir: string;
  /** What images consist of, one folder each. */
  readonly imageDir: string;
  readonly settings: Table<unknown>;
  readonly applicationCredentials: Table<R.ApplicationCredentialRecord>;
  readonly revokedTokens: Table<number>;
  readonly servers: Table<R.ServerRecord>;
  readonly serverInputs: Table<R.ServerInput>;
  readonly serverActions: Table<R.ActionRecord>;
  readonly console: Table<string>;
  readonly serverGroups: Table<R.ServerGroupRecord>;
  readonly keyPairs: Table<R.KeyPairRecord>;
  readonly flavors: Table<R.FlavorRecord>;
  readonly images: Table<R.ImageRecord>;
  /** Ids of deleted images, which are never given again. */
  readonly deletedImages: Table<true>;
  /** Snapshots under way, by server. */
  readonly snapshots: Table<R.SnapshotRecord>;
  readonly networks: Table<R.NetworkRecord>;
  readonly subnets: Table<R.SubnetRecord>;
  readonly ports: Table<R.PortRecord>;
  readonly securityGroups: Table<R.SecurityGroupRecord>;
  readonly storageAccounts: Table<R.StorageAccountRecord>;
  readonly containers: Table<R.ContainerRecord>;
  readonly objects: Table<R.ObjectRecord>;
  /** Objects by the time they expire at; an object that was replaced since may be in it still. */
  readonly objectExpiries: Table<true>;
  readonly requestCounts: Table<number>;
  readonly faultRules: Table<R.FaultRule>;
  readonly machineRules: Table<R.MachineRule>;
  private readonly root: RootDatabase;

  constructor(readonly dataDir: string) {
    this.objectDir = path.join(dataDir, 'objects');
    mkdirSync(this.objectDir, { recursive: true, mode: 0o700 });
    this.imageDir = path.join(dataDir, 'images');
    mkdirSync(this.imageDir, { recursive: true, mode: 0o700 });
    this.root = open({
      path: path.join(dataDir, 'state.mdb'),
      encoding: 'json',
      maxDbs: 32,
      noSync: true,
      // Keys of up to 4026 bytes, for long object names.
      pageSize: 8192,
      overlappingSync: false,
    });
    this.settings = this.table('settings');
    this.applicationCredentials = this.table('application-credentials');
    this.revokedTokens = this.table('revoked-tokens');
    this.servers = this.table('servers');
    this.serverInputs = this.table('server-inputs');
    this.serverActions = this.table('server-actions');
    this.console = this.table('console');
    this.serverGroups = this.table('server-groups');
    this.keyPairs = this.table('key-pairs');
    this.flavors = this.table('flavors');
    this.images = this.table('images');
    this.deletedImages = this.table('deleted-images');
    this.snapshots = this.table('snapshots');
    this.networks = this.table('networks');
    this.subnets = this.table('subnets');
    this.ports = this.table('ports');
    this.securityGroups = this.table('security-groups');
    this.storageAccounts = this.table('storage-accounts');
    this.containers = this.table('containers');
    this.objects = this.table('objects');
    this.objectExpiries = this.table('object-expiries');
    this.requestCounts = this.table('request-counts');
    this.faultRules = this.table('fault-rules');
    this.machineRules = this.table('machine-rules');
  }

  /** Runs `work` so that all of its writes are kept, or (if it throws or the process dies) none. */
  transaction<T>(work: () => T): T {
    return this.root.transactionSync(work);
  }

  /** The next of an ever growing sequence; call it inside a transaction. */
  nextNumber(): number {
    const next = ((this.settings.get('sequence') as number | undefined) ?? 0) + 1;
    this.settings.put('sequence', next);
    return next;
  }

  async close(): Promise<void> {
    await this.root.close();
  }

  private table<T>(name: string): Table<T> {
    return new Table(this.root.openDB<T, Key>({ name, encoding: 'json' }));
  }
}
