import cliTruncate from 'cli-truncate';
import pc from 'picocolors';
import {
  hasArrived,
  type Condition,
  type ConditionType,
  type MachineStatus,
} from '../../cluster/status.js';
import type { ClusterView } from '../cluster-view.js';
import {
  bringUpSteps,
  buildText,
  isLeftOpen,
  countPhases,
  failedConditions,
  formatBytes,
  formatSeconds,
  stateOf,
  tearDownSteps,
  titleOf,
} from './words.js';

/** Beyond this many, minions are shown as a bar with only those that went wrong by name. */
const tableOfMinions = 12;

export interface ScreenContext {
  /** Milliseconds since the epoch. */
  now: number;
  columns: number;
  rows: number;
  /** Bytes a second of the upload; undefined until two looks have told it. */
  uploadRate?: number;
  /** Something that is wrong with looking itself. */
  notice?: string;
}

/** A run as a terminal shows it: its steps, its machines, and what goes wrong at the moment. */
export function renderScreen(view: ClusterView, context: ScreenContext): string {
  const { status, run } = view;
  const isTearDown = run.type === 'tearDownCluster';
  const steps = isTearDown ? tearDownSteps : bringUpSteps;
  const known = new Map(status.conditions.map((condition) => [condition.type, condition]));
  const shown = steps.filter((type) => type !== 'ReleaseBuilt' || known.has(type));
  const extra = [...known.keys()].filter((type) => !steps.includes(type));
  const lines = [
    `${pc.bold(status.cluster)}  ${colorPhase(status.phase)}`,
    '',
    ...[...shown, ...extra].map((type) => stepLine(type, known.get(type), view, context)),
    ...(isTearDown ? [] : ['', ...machineLines(view)]),
    ...problemLines(view),
    ...(context.notice ? ['', pc.yellow(context.notice)] : []),
  ];
  return (
    lines
      .slice(0, Math.max(5, context.rows - 1))
      // What wraps would break the redrawing.
      .map((line) => (context.columns === Infinity ? line : cliTruncate(line, context.columns - 1)))
      .join('\n')
  );
}

function stepLine(
  type: ConditionType,
  condition: Condition | undefined,
  view: ClusterView,
  context: ScreenContext,
): string {
  const title = titleOf(type).padEnd(15);
  if (!condition) return `  ${pc.dim(`· ${title}`)}`;
  const state = stateOf(condition);
  if (condition.status === 'True') return `  ${pc.green('✔')} ${title}${pc.dim(state)}`;
  if (condition.status === 'False') return `  ${pc.red('✘')} ${title}${pc.red(state)}`;
  if (isLeftOpen(condition)) return `  ${pc.dim(`? ${title}${state}`)}`;
  const since = formatSeconds((context.now - Date.parse(condition.since)) / 1000);
  return `  ${pc.cyan('▸')} ${title}${state}${progressOf(type, view, context)} ${pc.dim(since)}`;
}

function progressOf(type: ConditionType, view: ClusterView, context: ScreenContext): string {
  if (type === 'ReleaseUploaded') return uploadProgress(view, context);
  return type === 'ReleaseBuilt' && view.build ? `  ${buildText(view.build)}` : '';
}

function uploadProgress({ upload }: ClusterView, { uploadRate }: ScreenContext): string {
  if (!upload) return '';
  const part = upload.bytesDone / Math.max(1, upload.bytesTotal);
  const rate = uploadRate === undefined ? '' : ` at ${formatBytes(uploadRate)}/s`;
  return `  ${bar(part, 20)} ${formatBytes(upload.bytesDone)} of ${formatBytes(upload.bytesTotal)}${rate}`;
}

function machineLines({ status }: ClusterView): string[] {
  const { master, minions } = status;
  const wide = Math.max(master.name.length, ...minions.map(({ name }) => name.length));
  if (minions.length <= tableOfMinions) {
    return [master, ...minions].map((machine) => machineLine(machine, wide));
  }
  const ready = minions.filter(hasArrived).length;
  const wrong = minions.filter(({ phase, message }) => phase === 'Failed' || message !== '');
  return [
    machineLine(master, wide),
    `  ${'minions'.padEnd(wide)}  ${bar(ready / minions.length, 30)} ${countPhases(minions)}`,
    ...wrong.slice(0, 8).map((machine) => machineLine(machine, wide)),
    ...(wrong.length > 8 ? [pc.dim(`  and ${wrong.length - 8} more: kubeup status`)] : []),
  ];
}

function machineLine(machine: MachineStatus, wide: number): string {
  const { name, phase, address, message } = machine;
  const colored = hasArrived(machine)
    ? pc.green(phase)
    : phase === 'Failed'
      ? pc.red(phase)
      : pc.cyan(phase);
  const pad = ' '.repeat(Math.max(1, 13 - phase.length));
  const where = (address || '').padEnd(16);
  return `  ${name.padEnd(wide)}  ${phase === 'Pending' ? pc.dim(phase) : colored}${pad}${where}${pc.dim(message.split('\n', 1)[0])}`;
}

function problemLines({ status, retries }: ClusterView): string[] {
  const failed = failedConditions(status).map(
    (condition) => `  ${pc.red('✘')} ${titleOf(condition.type)}: ${condition.message}`,
  );
  const again = retries.map(
    ({ activity, attempt, cause }) =>
      `  ${pc.yellow('↻')} ${activity} is tried again (${attempt}): ${cause.split('\n', 1)[0]!}`,
  );
  return failed.length + again.length === 0 ? [] : ['', ...failed, ...again];
}

export function colorPhase(phase: ClusterView['status']['phase']): string {
  switch (phase) {
    case 'Ready':
    case 'Gone':
      return pc.green(phase);
    case 'Blocked':
    case 'Cancelled':
      return pc.yellow(phase);
    case 'Failed':
      return pc.red(phase);
    default:
      return pc.cyan(phase);
  }
}

function bar(part: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * width);
  return `${pc.green('━'.repeat(full))}${pc.dim('━'.repeat(width - full))}`;
}
