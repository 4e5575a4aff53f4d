import type { ContainerRecord, ObjectRecord, StorageAccountRecord } from '../records.js';
import type { State, Table } from '../state.js';
import type { Scan } from './listing.js';
import { ObjectFiles } from './object-files.js';

/** The one account's containers and objects, with their running totals, and the objects' bytes. */
export class ObjectStore {
  readonly files: ObjectFiles;

  constructor(
    readonly account: string,
    private readonly state: State,
  ) {
    this.files = new ObjectFiles(state.objectDir);
    const used = state.objects.all().map(({ file }) => file);
    this.files.sweep(new Set(used.filter((file) => file !== null)));
  }

  /** The account's record; undefined before anything was written to it. */
  accountRecord(): StorageAccountRecord | undefined {
    return this.state.storageAccounts.get(this.account);
  }

  /** Changes the account's metadata; makes the account when it is new. */
  changeAccount(change: (metadata: Record<string, string>) => Record<string, string>): void {
    this.state.transaction(() => {
      const record = this.accountRecord() ?? newAccount();
      record.metadata = change(record.metadata);
      this.state.storageAccounts.put(this.account, record);
    });
  }

  container(name: string): ContainerRecord | undefined {
    return this.state.containers.get([this.account, name]);
  }

  /**
   * Makes a container or changes its metadata.
   * @returns whether it is new; undefined when it is absent and not to be made
   */
  changeContainer(
    name: string,
    now: number,
    change: (metadata: Record<string, string>) => Record<string, string>,
    make: boolean,
  ): boolean | undefined {
    return this.state.transaction(() => {
      const found = this.container(name);
      if (found === undefined && !make) return undefined;
      const record = found ?? newContainer(name, now);
      record.metadata = change(record.metadata);
      record.modifiedAt = now;
      this.state.containers.put([this.account, name], record);
      if (found === undefined) this.countOnAccount({ containers: 1 });
      return found === undefined;
    });
  }

  deleteContainer(name: string): 'deleted' | 'absent' | 'not empty' {
    return this.state.transaction(() => {
      const found = this.container(name);
      if (found === undefined) return 'absent';
      if (found.objects > 0) return 'not empty';
      this.state.containers.remove([this.account, name]);
      this.countOnAccount({ containers: -1 });
      return 'deleted';
    });
  }

  /** An object; one whose time has come is gone, even while listings still show it. */
  object(container: string, name: string, now = Date.now()): ObjectRecord | undefined {
    const found = this.state.objects.get([container, name]);
    const expired = found?.deleteAt != null && found.deleteAt * 1000 <= now;
    return expired ? undefined : found;
  }

  /** The objects whose names begin with the prefix. */
  objectsUnder(container: string, prefix: string): ObjectRecord[] {
    const found: ObjectRecord[] = [];
    for (const { value } of this.state.objects.under(container, prefix || undefined)) {
      if (!value.name.startsWith(prefix)) break;
      found.push(value);
    }
    return found;
  }

  /** A container's objects in order, for listings. */
  objects(container: string): Scan<ObjectRecord> {
    return scan(this.state.objects, container);
  }

  /** The account's containers in order, for listings. */
  containers(): Scan<ContainerRecord> {
    return scan(this.state.containers, this.account);
  }

  /**
   * Puts an object in the place of the one that has its name, if any.
   * @returns false when the container is gone; the object's bytes are then gone, too
   */
  async putObject(record: ObjectRecord): Promise<boolean> {
    const replaced = this.state.transaction(() => {
      const key = [record.container, record.name];
      if (this.container(record.container) === undefined) return undefined;
      const old = this.state.objects.get(key);
      this.state.objects.put(key, record);
      if (record.deleteAt !== null) {
        this.state.objectExpiries.put([record.deleteAt, ...key], true);
      }
      this.count(record.container, {
        objects: old === undefined ? 1 : 0,
        bytes: record.bytes - (old?.bytes ?? 0),
      });
      return { file: old?.file ?? null };
    });
    const garbage = replaced === undefined ? record.file : replaced.file;
    if (garbage !== record.file || replaced === undefined) await this.files.remove(garbage);
    return replaced !== undefined;
  }

  /** Removes an object; false when there is none (or `only` says that it is not the one meant). */
  async deleteObject(
    container: string,
    name: string,
    only: (record: ObjectRecord) => boolean = () => true,
  ): Promise<boolean> {
    const removed = this.state.transaction(() => {
      const found = this.state.objects.get([container, name]);
      if (found === undefined || !only(found)) return undefined;
      this.state.objects.remove([container, name]);
      this.count(container, { objects: -1, bytes: -found.bytes });
      return found;
    });
    if (removed === undefined) return false;
    await this.files.remove(removed.file);
    return true;
  }

  /** Removes the objects whose time has come. */
  async deleteExpired(now: number): Promise<void> {
    for (const { key } of this.state.objectExpiries.entries()) {
      const [deleteAt, container, name] = key as [number, string, string];
      if (deleteAt * 1000 > now) return;
      // The object may have been replaced since, by one that lives longer.
      await this.deleteObject(container, name, (record) => record.deleteAt === deleteAt);
      this.state.transaction(() => {
        this.state.objectExpiries.remove(key);
      });
    }
  }

  private count(container: string, change: { objects: number; bytes: number }): void {
    const record = this.container(container);
    if (record !== undefined) {
      record.objects += change.objects;
      record.bytes += change.bytes;
      this.state.containers.put([this.account, container], record);
    }
    this.countOnAccount(change);
  }

  private countOnAccount(change: { containers?: number; objects?: number; bytes?: number }): void {
    const record = this.accountRecord() ?? newAccount();
    record.containers += change.containers ?? 0;
    record.objects += change.objects ?? 0;
    record.bytes += change.bytes ?? 0;
    this.state.storageAccounts.put(this.account, record);
  }
}

function scan<T>(table: Table<T>, parent: string): Scan<T> {
  return {
    *forward(from) {
      for (const { value } of table.under(parent, from)) yield value;
    },
    *backward(from) {
      for (const { value } of table.underReversed(parent, from)) yield value;
    },
  };
}

function newAccount(): StorageAccountRecord {
  return { createdAt: Date.now(), metadata: {}, containers: 0, objects: 0, bytes: 0 };
}

function newContainer(name: string, now: number): ContainerRecord {
  return { name, createdAt: now, modifiedAt: now, metadata: {}, objects: 0, bytes: 0 };
}
