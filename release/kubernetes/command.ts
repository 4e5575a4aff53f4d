import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { BuildContext } from './build-context.js';
import { ReleaseBuildError } from './build-error.js';

const lastLines = 15;

/**
 * Runs a program of the build at the lowest priority, and gives what it printed; its error output goes to the log as
 * it comes.
 *
 * @throws ReleaseBuildError when it is missing or fails, with the end of its error output
 */
export async function runCommand(
  context: BuildContext,
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const { signal, log } = context;
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  const tail: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    tail.push(line);
    if (tail.length > lastLines) tail.shift();
    log(line);
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      signal?.throwIfAborted();
      reject(new ReleaseBuildError(`${program} could not be run: ${cause.message}`, { cause }));
    });
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new ReleaseBuildError(failed(program, args, code, tail)));
    });
  });
}

function failed(
  program: string,
  args: readonly string[],
  code: number | null,
  tail: string[],
): string {
  const command = [program, ...args].join(' ');
  return `\`${command}\` ended with ${code ?? 'a signal'}:\n${tail.map((line) => `  ${line}`).join('\n')}`;
}
