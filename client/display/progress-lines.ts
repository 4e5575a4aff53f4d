import type { MachineStatus } from '../../cluster/status.js';
import type { ClusterView } from '../cluster-view.js';
import { buildText, formatBytes, stateOf, titleOf } from './words.js';

/** Part of the upload that makes a new line. */
const uploadStep = 0.1;

/** Lines of a build's output, about one a package, that make a new line here. */
const buildStep = 100;

/**
 * Turns views into plain lines: each change once. Keeps what it has told, so that the next view tells only
 * what is new.
 */
export class ProgressLines {
  private readonly told = new Map<string, string>();
  private changes = 0;

  next(view: ClusterView): string[] {
    const { status } = view;
    const lines: string[] = [];
    const tell = (subject: string, state: string, line: string): void => {
      if (this.told.get(subject) === state) return;
      this.told.set(subject, state);
      lines.push(line);
    };
    tell('phase', status.phase, `${status.cluster} is ${status.phase}`);
    for (const condition of status.conditions) {
      const { type, status: truth, reason, message } = condition;
      const text = message ? `: ${message}` : '';
      const line = `${titleOf(type)}: ${stateOf(condition)}${text}`;
      tell(`condition ${type}`, `${truth} ${reason} ${message}`, line);
    }
    for (const machine of [status.master, ...status.minions]) {
      if (machine.phase !== 'Pending') {
        tell(`machine ${machine.name}`, `${machine.phase} ${machine.id}`, machineLine(machine));
      }
    }
    if (view.upload) {
      const { bytesDone, bytesTotal } = view.upload;
      const part = Math.floor(bytesDone / Math.max(1, bytesTotal) / uploadStep);
      const line = `Release: ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)} sent`;
      tell('upload', String(part), line);
    }
    if (view.build) {
      const step = Math.floor(view.build.lines / buildStep);
      tell('build', String(step), `Build: ${buildText(view.build)}`);
    }
    for (const { activity, attempt, cause } of view.retries) {
      tell(`retry ${activity}`, cause, `${activity} is tried again (${attempt}): ${cause}`);
    }
    if (status.changes.length < this.changes) this.changes = 0;
    lines.push(...status.changes.slice(this.changes));
    this.changes = status.changes.length;
    return lines;
  }
}

function machineLine({ name, phase, address, message }: MachineStatus): string {
  const where = address ? ` (${address})` : '';
  return `${name}: ${phase}${where}${message ? `: ${firstLine(message)}` : ''}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
