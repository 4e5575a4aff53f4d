import type { HomePaths } from '../home/paths.js';
import { endProcess } from './background-service.js';
import { workerPrefix, workerStopSeconds } from './background-worker.js';
import {
  clearMachines,
  cloudStopSeconds,
  localCloudRequests,
  runningLocalCloud,
} from './local-cloud.js';
import { withServiceLock } from './service-lock.js';
import { isRunning, readRecord, recordedServices, writeRecord } from './service-record.js';
import type { ServicesStatus } from './service-types.js';
import { embeddedAddresses, temporalStopSeconds } from './temporal.js';

/** What runs in the background for this home. */
export async function servicesStatus(home: HomePaths): Promise<ServicesStatus> {
  const [temporal, cloud, endpoint, workers] = await Promise.all([
    readRecord(home, 'temporal'),
    readRecord(home, 'cloud'),
    runningLocalCloud(home),
    runningWorkers(home),
  ]);
  return {
    temporal: isRunning(temporal)
      ? { ...embeddedAddresses(temporal.ports), pid: temporal.process.pid }
      : null,
    cloud:
      cloud && endpoint
        ? {
            authUrl: endpoint.authUrl,
            pid: endpoint.pid,
            requests: await localCloudRequests(home, cloud.ports),
          }
        : null,
    worker: workers.at(-1) ?? null,
    workers,
  };
}

/**
 * Ends the workers, then the local cloud, then the Temporal server: each is told to end, and made to when it
 * does not in time. Their data stays.
 *
 * @returns names of those that ran
 */
export async function stopServices(home: HomePaths): Promise<string[]> {
  const workers = (await recordedServices(home)).filter((name) => name.startsWith(workerPrefix));
  const stopped = await Promise.all(workers.map((name) => stop(home, name, workerStopSeconds)));
  stopped.push(await stop(home, 'cloud', cloudStopSeconds));
  await clearMachines(home);
  stopped.push(await stop(home, 'temporal', temporalStopSeconds));
  return stopped.filter((name) => name !== undefined);
}

async function stop(home: HomePaths, name: string, seconds: number): Promise<string | undefined> {
  if (!(await readRecord(home, name))) return undefined;
  return withServiceLock(home, name, async () => {
    const record = await readRecord(home, name);
    if (!isRunning(record)) return undefined;
    await endProcess(record.process, seconds);
    writeRecord(home, name, { ...record, process: undefined });
    return name;
  });
}

/** The one that was started last comes last. */
async function runningWorkers(home: HomePaths): Promise<ServicesStatus['workers']> {
  const names = (await recordedServices(home)).filter((name) => name.startsWith(workerPrefix));
  const records = await Promise.all(names.map((name) => readRecord(home, name)));
  return records
    .flatMap((record, i) => {
      if (!isRunning(record)) return [];
      const accountId = (names[i] ?? '').slice(workerPrefix.length);
      return [{ accountId, pid: record.process.pid, startedAt: record.startedAt }];
    })
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    .map(({ accountId, pid }) => ({ accountId, pid }));
}
