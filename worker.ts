import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Runtime, DefaultLogger, Worker } from '@temporalio/worker';
import { createActivities } from './activities/index.js';
import { accountId } from './cloud/account.js';
import { openCloud } from './cloud/open.js';
import { resolveAccount } from './cloud/resolve-account.js';
import { taskQueueOf } from './cluster/workflow-names.js';
import { packageRoot } from './home/package-root.js';
import { loadRootSecret } from './home/root-secret.js';

/**
 * Runs the worker of the account that the environment names, until SIGTERM or SIGINT; then hands back what
 * it is doing and ends. Prints one JSON line when it polls.
 */
export async function runWorker(env: NodeJS.ProcessEnv): Promise<void> {
  const account = resolveAccount(env);
  const rootSecret = await loadRootSecret(env);
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace: namespace ?? 'default',
      taskQueue: taskQueueOf(accountId(account)),
      workflowBundle: { codePath: path.join(packageRoot(), 'dist/workflow-bundle.js') },
      activities: createActivities({
        cloud: openCloud(account),
        rootSecret,
        machineProxy: env.KUBEUP_MACHINE_PROXY || undefined,
      }),
      // A timer that fires while a dead worker's sticky queue is still believed in waits this long.
      stickyQueueScheduleToStartTimeout: '2s',
      shutdownGraceTime: '20s',
      maxConcurrentActivityTaskExecutions: 60,
      // By itself the SDK passes on a heartbeat only each 8 of the 10 seconds in which one is due.
      maxHeartbeatThrottleInterval: '2s',
      defaultHeartbeatThrottleInterval: '2s',
    });
    const running = worker.run();
    process.stdout.write(
      `${JSON.stringify({ event: 'ready', taskQueue: worker.options.taskQueue })}\n`,
    );
    await running;
  } finally {
    await connection.close();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runWorker(process.env);
}
