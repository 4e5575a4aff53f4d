import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;
const { History: codec } = proto.temporal.api.history.v1;

export const historiesFolder = fileURLToPath(new URL('histories', import.meta.url));

/** One run as `record-histories.ts` wrote it down: the objects of Temporal's API, as JSON can hold them. */
export interface RecordedHistory {
  workflowId: string;
  history: { events: Record<string, unknown>[] };
}

/**
 * The form in which a history is kept. The SDK's own `historyToJSON` needs one copy of protobufjs for all of its
 * packages, which an installation need not have.
 */
export function recorded(workflowId: string, history: History): RecordedHistory {
  const options = { longs: String, enums: String, bytes: String };
  const text = JSON.stringify(codec.toObject(codec.fromObject(history), options), withoutPaths);
  return { workflowId, history: JSON.parse(text) as RecordedHistory['history'] };
}

/** Stack traces tell where the recording machine keeps its files; a replay does not look at them. */
function withoutPaths(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? '' : value;
}

export function historyOf({ history }: RecordedHistory): History {
  return codec.fromObject(history);
}

export async function readHistories(): Promise<Map<string, RecordedHistory>> {
  const found = new Map<string, RecordedHistory>();
  for (const file of (await readdir(historiesFolder)).sort()) {
    const text = await readFile(path.join(historiesFolder, file), 'utf8');
    found.set(path.parse(file).name, JSON.parse(text) as RecordedHistory);
  }
  return found;
}
