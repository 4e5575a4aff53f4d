import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { HomePaths } from '../home/paths.js';
import { isAlive } from './process-identity.js';

const recordSchema = z.object({
  /** The process that was started last; absent once it was stopped on purpose. */
  process: z.object({ pid: z.number().int().positive(), started: z.string() }).optional(),
  /** Ports by use: taken again at the next start, so that addresses stay the same. */
  ports: z.record(z.string(), z.number().int()),
  /** What it was started with; another value means that it has to be started again. */
  inputs: z.record(z.string(), z.string()),
  /** Length of its log when it was started: what it printed since comes after. */
  logBegin: z.number().int(),
  /** ISO 8601. */
  startedAt: z.string(),
});

/** What is remembered of a background service: `HOME/services/<name>.json`. Holds no secret. */
export type ServiceRecord = z.infer<typeof recordSchema>;

/** `undefined` when there is none. One that cannot be read counts as none: it is rewritten at the next start. */
export async function readRecord(
  home: HomePaths,
  name: string,
): Promise<ServiceRecord | undefined> {
  try {
    const text = await readFile(recordFile(home, name), 'utf8');
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Replaces the record at once, without giving way to anything else: a process that was just started must
 * not be lost to the record.
 */
export function writeRecord(home: HomePaths, name: string, record: ServiceRecord): void {
  mkdirSync(home.services, { recursive: true, mode: 0o700 });
  const draft = `${recordFile(home, name)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(record));
  renameSync(draft, recordFile(home, name));
}

/** Names of all services that ever ran for this home. */
export async function recordedServices(home: HomePaths): Promise<string[]> {
  const files = await readdir(home.services).catch(() => []);
  return files.filter((file) => file.endsWith('.json')).map((file) => path.basename(file, '.json'));
}

export function isRunning(
  record: ServiceRecord | undefined,
): record is ServiceRecord & { process: NonNullable<ServiceRecord['process']> } {
  return record?.process !== undefined && isAlive(record.process);
}

function recordFile(home: HomePaths, name: string): string {
  return path.join(home.services, `${name}.json`);
}
