import { WorkflowFailedError } from '@temporalio/client';
import pc from 'picocolors';
import { counted } from '../../cluster/counted.js';
import { hasArrived } from '../../cluster/status.js';
import { OutOfTimeError } from '../client-errors.js';
import { clusterDocument } from '../cluster-document.js';
import type { ClusterStatus } from '../../cluster/status.js';
import type { ClusterView } from '../cluster-view.js';
import type { Session } from '../connect.js';
import { failedConditions, isLeftOpen, titleOf } from '../display/words.js';
import { explainError, exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { print, printJson, say } from '../terminal.js';
import { unanswered, whatStartsThem } from '../unanswered.js';
import { exitCodeOf } from './follow.js';
import type { Followed } from './follow.js';

/** A command to type next, and what it does. */
export type NextCommand = readonly [command: string, what: string];

/**
 * Tells how a followed run stands: what was made, where to look, what to type next.
 * @throws OutOfTimeError when there was no look at it
 */
export async function report(
  session: Session,
  cluster: string,
  followed: Followed,
  options: { json?: boolean; whenReady?: readonly NextCommand[] },
): Promise<ExitCode> {
  const { view } = followed;
  if (!view) {
    throw new OutOfTimeError(
      `Nothing could be learned of ${cluster} in time; the work goes on if it had begun.\n` +
        `${unanswered}: ${whatStartsThem}\n` +
        `Come back with: ${typed('status', cluster)} --watch`,
    );
  }
  const ui = session.link(view.run);
  const code =
    followed.ending === 'closed' ? await codeOfClosed(session, view) : exitCodeOf(followed);
  if (options.json) printJson(clusterDocument(view, ui));
  const tell = options.json ? say : print;
  for (const line of endingLines(cluster, followed, view)) tell(line);
  if (ui) tell(`Temporal UI: ${ui}`);
  const whenReady = view.status.phase === 'Ready' ? options.whenReady : undefined;
  const next = [...commandsAfter(cluster, followed, view), ...(whenReady ?? [])];
  if (next.length > 0) tell(nextLines(next));
  return code;
}

/** `kubeup <command>` with the cluster's name where it is needed. */
export function typed(command: string, cluster: string): string {
  return cluster === 'kubernetes' ? `kubeup ${command}` : `kubeup ${command} ${cluster}`;
}

export function nextLines(next: readonly NextCommand[]): string {
  const wide = Math.max(...next.map(([command]) => command.length));
  return ['Next:', ...next.map(([command, what]) => `  ${command.padEnd(wide)}  ${what}`)].join(
    '\n',
  );
}

/** A closed run is a failure of the input when its failure says so: nothing was made. */
async function codeOfClosed(session: Session, view: ClusterView): Promise<ExitCode> {
  if (view.status.phase === 'Ready' || view.status.phase === 'Gone') return exitCodes.done;
  try {
    await session.clusters.result(view.status.cluster, view.run.runId);
    return exitCodes.failed;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return explainError(error).code;
    throw error;
  }
}

function endingLines(cluster: string, { ending }: Followed, { status }: ClusterView): string[] {
  const causes = failedConditions(status).map(
    ({ type, message }) => `  ${titleOf(type)}: ${message}`,
  );
  const changes = status.changes.map((change) => `  ${change}`);
  if (ending === 'timeout' || ending === 'detached') {
    const why = ending === 'timeout' ? 'The time is up' : 'Detached';
    return [`${why}; ${cluster} is ${status.phase}, and the work goes on in the background.`];
  }
  switch (status.phase) {
    case 'Ready': {
      const ready = status.minions.filter(hasArrived).length;
      const unknown = status.conditions.filter(isLeftOpen);
      const { name, address } = status.master;
      return [
        pc.bold(`${cluster} is Ready: master ${name} (${address}), ${counted(ready, 'minion')}.`),
        ...unknown.map(({ type, message }) => `  ${titleOf(type)}: ${message}`),
        ...changes,
        ...(hasNodes(status) ? nodeLines(status) : []),
      ];
    }
    case 'Gone':
      return [
        pc.bold(`${cluster} is gone.`),
        ...(changes.length > 0 ? changes : ['  There was nothing of it left.']),
      ];
    case 'Blocked':
      return [pc.bold(`${cluster} is Blocked; it waits for you:`), ...causes];
    default:
      return [pc.bold(`${cluster} is ${status.phase}.`), ...causes, ...changes];
  }
}

/** Whether Kubernetes runs there, and its nodes were looked at. */
function hasNodes({ conditions }: ClusterStatus): boolean {
  return conditions.some(({ type, status }) => type === 'NodesReady' && status === 'True');
}

function nodeLines({ minions }: ClusterStatus): string[] {
  const nodes = minions.filter(({ phase }) => phase === 'Ready');
  const wide = Math.max(0, ...nodes.map(({ name }) => name.length));
  return nodes.map(
    ({ name, address, podRange }) =>
      `  node ${name.padEnd(wide)}  Ready  ${address}  pods ${podRange}`,
  );
}

function kubernetesCommands(cluster: string, name: string): NextCommand[] {
  return [
    [`kubeup kubectl${name} -- get nodes -o wide`, "the release's own kubectl"],
    [`export KUBECONFIG="$(${typed('kubeconfig', cluster)})"`, 'for any other kubectl'],
  ];
}

/** What may be typed next. */
export function commandsAfter(
  cluster: string,
  { ending }: Followed,
  view: ClusterView,
): NextCommand[] {
  const { phase } = view.status;
  const isTearDown = view.run.type === 'tearDownCluster';
  if (ending === 'timeout' || ending === 'detached') {
    return [
      [`${typed('status', cluster)} --watch`, 'come back to it'],
      ...(isTearDown
        ? []
        : [[typed('down', cluster), 'stop it and remove what was made'] as const]),
    ];
  }
  const name = cluster === 'kubernetes' ? '' : ` --name ${cluster}`;
  switch (phase) {
    case 'Ready':
      return [
        ...(hasNodes(view.status) ? kubernetesCommands(cluster, name) : []),
        [typed('status', cluster), 'how it stands'],
        [`kubeup scale${name} --minions N`, 'more or fewer minions'],
        [typed('down', cluster), 'remove it'],
      ];
    case 'Blocked':
      return [
        [typed('retry', cluster), 'go on where it stopped, once the cause is mended'],
        ...(isTearDown
          ? []
          : ([
              [`kubeup up${name} …`, 'go on with other settings'],
              [typed('down', cluster), 'give it up and remove what was made'],
            ] as const)),
      ];
    case 'Gone':
      return [];
    default:
      if (isTearDown) return [[typed('down', cluster), 'try again; what is left goes']];
      return [
        [`kubeup up${name}`, 'try again; what is there is adopted'],
        [typed('down', cluster), 'remove what was made'],
      ];
  }
}
