import type { Command } from 'commander';
import type { RunningCommand } from '../../ssh/machine-shell.js';
import type { ExitCode } from '../exit-code.js';
import { openMachine } from '../machine-access.js';
import { addSettingFlags, configurationInputs } from './options.js';

export function addSsh(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('ssh')
    .argument('<machine>', 'kubernetes-minion-2, or minion-2')
    .argument('[command...]', 'what to run there instead of a shell')
    .description('log in on a machine of a cluster, or run a command there')
    .addHelpText(
      'after',
      `
As root, with the cluster's key; the machine is known by the host key it was given at its boot. A machine without
an address of its own here is reached through the master. Ends with the command's own exit code.

Examples:
  kubeup ssh kubernetes-minion-2
  kubeup ssh minion-2 -- ip route
  kubeup ssh --name staging master -- journalctl -b`,
    );
  addSettingFlags(command, ['name']);
  command.action(async (machine: string, words: string[]) => {
    const shell = await openMachine(configurationInputs(command, process.env), machine);
    try {
      const running =
        words.length > 0 ? await shell.start(words.join(' ')) : await shell.terminal(windowOf());
      done((await attach(running, words.length === 0)) as ExitCode);
    } finally {
      shell.close();
    }
  });
}

function windowOf(): { term: string; rows: number; cols: number } {
  const { isTTY, rows, columns } = process.stdout;
  const size = isTTY ? { rows, cols: columns } : { rows: 24, cols: 80 };
  return { term: process.env.TERM ?? 'vt100', ...size };
}

/** Joins this process's streams to the machine's until that ends. @returns the exit code */
export async function attach(
  { channel, exitCode }: RunningCommand,
  terminal: boolean,
): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const resize = (): void => {
    const { rows, cols } = windowOf();
    channel.setWindow(rows, cols, 0, 0);
  };
  if (terminal && stdin.isTTY) stdin.setRawMode(true);
  if (terminal) stdout.on('resize', resize);
  channel.pipe(stdout, { end: false });
  channel.stderr.pipe(stderr, { end: false });
  stdin.pipe(channel);
  try {
    return await exitCode;
  } finally {
    stdin.unpipe(channel);
    stdin.pause();
    if (terminal && stdin.isTTY) stdin.setRawMode(false);
    stdout.off('resize', resize);
  }
}
