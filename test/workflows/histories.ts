import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const historiesFolder = fileURLToPath(new URL('histories', import.meta.url));

/** One run as `record-histories.ts` wrote it down: a history in the JSON form of Temporal's API. */
export interface RecordedHistory {
  workflowId: string;
  history: { events?: Record<string, unknown>[] };
}

export async function readHistories(): Promise<Map<string, RecordedHistory>> {
  const found = new Map<string, RecordedHistory>();
  for (const file of (await readdir(historiesFolder)).sort()) {
    const text = await readFile(path.join(historiesFolder, file), 'utf8');
    found.set(path.parse(file).name, JSON.parse(text) as RecordedHistory);
  }
  return found;
}
